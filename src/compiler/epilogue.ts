import { append } from "../ir/append.ts";
import { type Instruction, isProduct, type ProductInstruction, viewsOf } from "../ir/instruction.ts";
import type { MapInstruction } from "../ir/instructions/map.ts";
import type { Limits } from "../ir/limits.ts";
import { sizeOf } from "../ir/shape.ts";
import { type BufferId, isContiguous } from "../ir/view.ts";

/**
 * Attaches a map that alone reads a product's result to the product, so that it runs on rows that are still in cache:
 * bias and activation after a forward product, an optimizer's update after a weight gradient.
 */
export function attachEpilogues(instructions: readonly Instruction[], { operands }: Limits): Instruction[] {
  const readers = new Map<BufferId, Instruction[]>();
  for (const instruction of instructions) {
    for (const { buffer } of viewsOf(instruction).reads) append(readers, buffer, instruction);
  }
  const products = new Map<BufferId, ProductInstruction>();
  for (const instruction of instructions)
    if (isProduct(instruction)) products.set(instruction.output.buffer, instruction);

  const moved = new Set<Instruction>();
  const result = instructions.map((instruction) => {
    if (instruction.kind !== "map") return instruction;
    // The last product among the inputs: the others are done by then.
    const product = instruction.inputs
      .map(({ buffer }) => products.get(buffer))
      .filter((candidate) => candidate !== undefined)
      .findLast(
        (candidate) => new Set(readers.get(candidate.output.buffer)).size === 1 && isRowwise(instruction, candidate),
      );
    if (!product) return instruction;
    const joined = { ...product, epilogue: instruction };
    const { reads, writes } = viewsOf(joined);
    if (reads.length + writes.length > operands) return instruction;
    moved.add(product);
    return joined;
  });
  return result.filter((instruction) => !moved.has(instruction));
}

/**
 * Whether the map visits the product's elements in order, in rows of the product or flat, and reads the result only so.
 */
function isRowwise(map: MapInstruction, product: ProductInstruction): boolean {
  const { output } = product;
  if (!isContiguous(output) || ("windows" in product && product.windows.groups > 1)) return false;
  const columns = output.shape.at(-1) as number;
  const total = sizeOf(output.shape);
  const shapeFits =
    sizeOf(map.shape) === total &&
    (map.shape.length === 1 ||
      (map.shape.length === 2 && map.shape[0] === total / columns && map.shape[1] === columns));
  const dense = map.shape.length === 1 ? [1] : [columns, 1];
  return (
    shapeFits &&
    total > 0 &&
    map.inputs.every(
      (view) =>
        view.buffer !== output.buffer ||
        (view.offset === 0 && view.strides.every((stride, axis) => stride === dense[axis])),
    )
  );
}

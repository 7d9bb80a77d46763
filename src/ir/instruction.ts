import type { AnyInstruction, Descriptor } from "./descriptor.ts";
import {
  type ConvFilterGradInstruction,
  type ConvInputGradInstruction,
  type ConvInstruction,
  conv,
  convFilterGrad,
  convInputGrad,
} from "./instructions/conv.ts";
import { type CopyInstruction, copy, type FillInstruction, fill } from "./instructions/copy.ts";
import {
  type DepthwiseConvFilterGradInstruction,
  type DepthwiseConvInputGradInstruction,
  type DepthwiseConvInstruction,
  depthwiseConv,
  depthwiseConvFilterGrad,
  depthwiseConvInputGrad,
} from "./instructions/depthwise.ts";
import { type GatherInstruction, gather, type ScatterAddInstruction, scatterAdd } from "./instructions/gather.ts";
import { type LoopInstruction, loop } from "./instructions/loop.ts";
import { type MapInstruction, map } from "./instructions/map.ts";
import { type MatmulInstruction, matmul } from "./instructions/matmul.ts";
import { type PoolGradInstruction, type PoolInstruction, pool, poolGrad } from "./instructions/pool.ts";
import { type RandomInstruction, random } from "./instructions/random.ts";
import {
  type ArgReduceInstruction,
  argReduce,
  type CumsumInstruction,
  cumsum,
  type ReduceInstruction,
  reduce,
} from "./instructions/reduce.ts";
import { type GroupRowsInstruction, groupRows, type SetRowsInstruction, setRows } from "./instructions/rows.ts";
import { type SoftmaxGradInstruction, type SoftmaxInstruction, softmax, softmaxGrad } from "./instructions/softmax.ts";
import { sizeOf } from "./shape.ts";
import { samePlace, type View } from "./view.ts";

/**
 * THE instruction set. A program is a list of these on buffers; they hold no functions, so programs can be sent to
 * workers. What has an entry per kind is a total table (such as {@link Descriptors}), so that a kind that is missing
 * somewhere is a compile error.
 */
export type Instruction =
  | MapInstruction
  | MatmulInstruction
  | ConvInstruction
  | ConvInputGradInstruction
  | ConvFilterGradInstruction
  | ReduceInstruction
  | ArgReduceInstruction
  | SoftmaxInstruction
  | SoftmaxGradInstruction
  | GatherInstruction
  | ScatterAddInstruction
  | GroupRowsInstruction
  | SetRowsInstruction
  | RandomInstruction
  | CumsumInstruction
  | PoolInstruction
  | PoolGradInstruction
  | DepthwiseConvInstruction
  | DepthwiseConvInputGradInstruction
  | DepthwiseConvFilterGradInstruction
  | CopyInstruction
  | FillInstruction
  | LoopInstruction;

export type InstructionKind = Instruction["kind"];

/** The instruction of a kind. */
export type InstructionOf<K extends string, I extends AnyInstruction = Instruction> = Extract<I, { readonly kind: K }>;

/** A descriptor for each kind of `I`. */
export type Descriptors<I extends AnyInstruction = Instruction> = {
  readonly [K in I["kind"]]: Descriptor<InstructionOf<K, I>>;
};

export const descriptors: Descriptors = {
  map,
  matmul,
  conv,
  convInputGrad,
  convFilterGrad,
  reduce,
  argReduce,
  softmax,
  softmaxGrad,
  gather,
  scatterAdd,
  groupRows,
  setRows,
  random,
  cumsum,
  pool,
  poolGrad,
  depthwiseConv,
  depthwiseConvInputGrad,
  depthwiseConvFilterGrad,
  copy,
  fill,
  loop,
};

/** The descriptor of an instruction's kind. */
export function descriptorOf(instruction: Instruction): Descriptor<Instruction> {
  // The table pairs each kind with its own instruction; TypeScript cannot follow the pairing through an index.
  return descriptors[instruction.kind] as unknown as Descriptor<Instruction>;
}

/** An instruction that may have an epilogue. */
export type ProductInstruction = MatmulInstruction | ConvInstruction | ConvFilterGradInstruction;

/** Whether an instruction may have an epilogue. */
export function isProduct(instruction: Instruction): instruction is ProductInstruction {
  return "epilogue" in descriptorOf(instruction).fields;
}

/** The map that runs on an instruction's results, if it has one. */
export function epilogueOf(instruction: Instruction): MapInstruction | undefined {
  return "epilogue" in instruction ? instruction.epilogue : undefined;
}

/** The views that an instruction reads and writes, without those of its epilogue. */
export function operandsOf(instruction: Instruction): { reads: readonly View[]; writes: readonly View[] } {
  const { reads, writes } = descriptorOf(instruction);
  const values = instruction as unknown as Readonly<Record<string, View | readonly View[] | undefined>>;
  const viewsIn = (names: readonly string[]) => names.flatMap((name) => values[name] ?? []);
  return { reads: viewsIn(reads), writes: viewsIn(writes) };
}

/** The views that an instruction reads and writes; its epilogue's, too, but for the results that this reads. */
export function viewsOf(instruction: Instruction): { reads: readonly View[]; writes: readonly View[] } {
  const own = operandsOf(instruction);
  const epilogue = epilogueOf(instruction);
  if (!epilogue) return own;
  const inputs = epilogue.inputs.filter((input) => !own.writes.some((view) => samePlace(view, input)));
  return { reads: [...own.reads, ...inputs], writes: [...own.writes, ...epilogue.outputs] };
}

/** The instruction with another view in place of each. */
export function withViews<I extends Instruction>(instruction: I, change: (view: View) => View): I {
  const { reads, writes } = descriptorOf(instruction);
  const changed: Record<string, unknown> = { ...instruction };
  for (const name of [...reads, ...writes]) {
    const value = changed[name] as View | readonly View[] | undefined;
    if (value) changed[name] = Array.isArray(value) ? value.map(change) : change(value as View);
  }
  const epilogue = epilogueOf(instruction);
  if (epilogue) changed.epilogue = withViews(epilogue, change);
  if (instruction.kind === "loop") changed.body = instruction.body.map((inner) => withViews(inner, change));
  return changed as unknown as I;
}

/**
 * The elementwise part of an instruction, itself or its epilogue, and what the rest of it reads. The elementwise part
 * may write over what only it reads, element by element.
 */
export function elementwisePart(instruction: Instruction): {
  map: MapInstruction | undefined;
  others: readonly View[];
} {
  if (instruction.kind === "map") return { map: instruction, others: [] };
  return { map: epilogueOf(instruction), others: operandsOf(instruction).reads };
}

/** Whether there is nothing to do. */
export function isEmpty(instruction: Instruction): boolean {
  return operandsOf(instruction).writes.every(({ shape }) => sizeOf(shape) === 0);
}

/** Bytes that an instruction moves: mostly its operands, its epilogue's included. */
export function bytesOf(instruction: Instruction): number {
  const { bytes } = descriptorOf(instruction);
  if (bytes) return bytes(instruction);
  const { reads, writes } = viewsOf(instruction);
  return 4 * [...reads, ...writes].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

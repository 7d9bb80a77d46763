import type { DType } from "../ir/dtype.ts";
import { ExpressionBuilder } from "../ir/expression-builder.ts";
import type { Instruction } from "../ir/instruction.ts";
import type { BufferSpec } from "../ir/program.ts";
import { type Shape, sizeOf, stridesOf } from "../ir/shape.ts";
import { type BufferId, collapseTogether, isContiguous, type View } from "../ir/view.ts";
import { isElementwise, type LowerContext } from "../tensor/op.ts";
import { constantData, constantValue } from "../tensor/ops/leaf.ts";
import { broadcastView } from "../tensor/ops/shaping.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { type Group, leavesOf, numberOf, type Unit } from "./fuse.ts";

/** What lowering gives: instructions on buffers that have no place yet. */
export interface Lowered {
  readonly buffers: BufferSpec[];
  readonly instructions: Instruction[];
  readonly variables: { variable: Variable; buffer: BufferId }[];
  readonly inputs: Record<string, View>;
  /** The view of each wanted tensor. */
  view(tensor: Tensor): View;
  /** A copy in a contiguous temporary of its own. */
  copied(view: View): View;
}

/**
 * Turns units into instructions.
 * @param wanted tensors are kept where a group computes them.
 * @param prepare is called with the lowering before it begins.
 */
export function lower(
  units: readonly Unit[],
  wanted: ReadonlySet<Tensor>,
  prepare?: (lowering: Lowering) => void,
): Lowered {
  const lowering = new Lowering(units, wanted);
  prepare?.(lowering);
  for (const unit of units) lowering.add(unit);
  return lowering;
}

/** A graph while it is lowered. */
export class Lowering implements Lowered, LowerContext {
  buffers: BufferSpec[] = [];
  readonly instructions: Instruction[] = [];
  variables: { variable: Variable; buffer: BufferId }[] = [];
  inputs: Record<string, View> = {};
  /** The views of tensors. Those that are there before their tensors are lowered stay. */
  readonly views = new Map<Tensor, View>();
  leaves = new Map<Tensor, BufferId>();
  /** For graphs with scans. */
  lowerScan?: (scan: Tensor, inputs: readonly View[]) => View;
  private readonly copies = new Map<string, View>();
  /** Tensors that some other unit reads, or somebody outside. */
  private readonly read: Set<Tensor>;

  constructor(units: readonly Unit[], wanted: ReadonlySet<Tensor>) {
    this.read = new Set(wanted);
    for (const unit of units)
      for (const leaf of "members" in unit ? leavesOf(unit.members) : unit.inputs) this.read.add(leaf);
  }

  add(unit: Unit): void {
    if ("members" in unit) this.addGroup(unit);
    else if (!isElementwise(unit.op) && !this.views.has(unit)) {
      // Numbers live in expressions; only those read from memory get a buffer.
      if (constantValue(unit) !== undefined && !this.read.has(unit)) return;
      this.views.set(
        unit,
        unit.op.lower(
          this,
          unit.inputs.map((input) => this.view(input)),
          unit,
          unit.attrs,
        ),
      );
    }
  }

  view(tensor: Tensor): View {
    return this.views.get(tensor) as View;
  }

  emit(instruction: Instruction): void {
    this.instructions.push(instruction);
  }

  allocate(shape: Shape, dtype: DType): View {
    const buffer = this.buffers.push({ kind: "temporary", dtype, size: sizeOf(shape) }) - 1;
    return { buffer, dtype, offset: 0, shape, strides: stridesOf(shape) };
  }

  contiguous(view: View): View {
    return isContiguous(view) ? { ...view, strides: stridesOf(view.shape) } : this.contiguousCopy(view);
  }

  leaf(tensor: Tensor): BufferId {
    const known = this.leaves.get(tensor);
    if (known !== undefined) return known;
    const spec = leafSpec(tensor);
    const buffer = this.buffers.push(spec) - 1;
    this.leaves.set(tensor, buffer);
    if (spec.kind === "variable")
      this.variables.push({ variable: (tensor.attrs as { variable: Variable }).variable, buffer });
    if (spec.kind === "input")
      this.inputs[spec.name as string] = {
        buffer,
        dtype: spec.dtype,
        offset: 0,
        shape: tensor.shape,
        strides: stridesOf(tensor.shape),
      };
    return buffer;
  }

  private addGroup({ members }: Group): void {
    const order = [...members].sort((a, b) => a.id - b.id);
    const shape = (order[0] as Tensor).shape;
    const leaves = leavesOf(members);
    const results = order.filter((member) => this.read.has(member));
    const builder = new ExpressionBuilder();
    const nodes = new Map<Tensor, number>(leaves.map((leaf, index) => [leaf, builder.input(index)]));
    for (const member of order) {
      if (!isElementwise(member.op)) continue;
      const args = member.inputs.map((input) => nodes.get(input) ?? builder.constant(numberOf(input) as number));
      nodes.set(member, member.op.expression(builder.algebra, args, member.attrs));
    }
    const outputs = results.map((result) => this.allocate(result.shape, result.dtype));
    results.forEach((result, index) => {
      this.views.set(result, outputs[index] as View);
    });
    const inputs = leaves.map((leaf) => this.mapOperand(this.view(leaf), shape));
    const expression = builder.finish(results.map((result) => nodes.get(result) as number));
    this.emit({ kind: "map", ...fewestAxes(shape, inputs, outputs), expression });
  }

  /** An operand whose innermost axis is constant or contiguous, copied where it is neither. */
  private mapOperand(view: View, shape: Shape): View {
    const broadcast = broadcastView(view, shape);
    const last = collapseTogether(shape, [broadcast.strides, stridesOf(shape)]).strides[0]?.at(-1) ?? 1;
    return last === 0 || last === 1 ? broadcast : broadcastView(this.contiguousCopy(view), shape);
  }

  /** A copy in row-major order, made once for all who need it. */
  private contiguousCopy(view: View): View {
    const key = [view.buffer, view.offset, view.shape, view.strides, view.advances].join(";");
    const known = this.copies.get(key) ?? this.copied(view);
    this.copies.set(key, known);
    return known;
  }

  /** A copy in a temporary of its own. */
  copied(view: View): View {
    const output = this.allocate(view.shape, view.dtype);
    this.emit({ kind: "copy", input: view, output });
    return output;
  }
}

/** The map's operands over as few axes as describe them all. */
function fewestAxes(shape: Shape, inputs: readonly View[], outputs: readonly View[]) {
  const merged = collapseTogether(shape, [...inputs.map((view) => view.strides), stridesOf(shape)]);
  const target = merged.shape.length > 0 ? merged.shape : [1];
  const strides = (index: number) => (merged.shape.length > 0 ? (merged.strides[index] as number[]) : [1]);
  return {
    shape: target,
    inputs: inputs.map((view, index) => ({ ...view, shape: target, strides: strides(index) })),
    outputs: outputs.map((view) => ({ ...view, shape: target, strides: strides(inputs.length) })),
  };
}

function leafSpec(tensor: Tensor): BufferSpec {
  const common = { dtype: tensor.dtype, size: sizeOf(tensor.shape) };
  if (tensor.op.name === "variable")
    return { ...common, kind: "variable", name: (tensor.attrs as { variable: Variable }).variable.name };
  if (tensor.op.name === "input") return { ...common, kind: "input", name: (tensor.attrs as { name: string }).name };
  return {
    ...common,
    kind: "constant",
    data: constantData(tensor) ?? Float64Array.of(constantValue(tensor) as number),
  };
}

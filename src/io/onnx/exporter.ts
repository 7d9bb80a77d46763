// Turns a recorded graph of tensors into ONNX nodes, each when it is first needed.

import { valueError } from "../../errors.ts";
import type { TypedArray } from "../../ir/dtype.ts";
import { type Shape, stridesOf } from "../../ir/shape.ts";
import type { Layer } from "../../nn/layer.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import type { OnnxGraph } from "./graph.ts";

/** A value of the ONNX graph. Axis i of it is axis `order[i]` of the tensor: images may lie channels first. */
export interface Emitted {
  readonly name: string;
  readonly order: readonly number[];
}

/** One use of a layer in the recording. */
export interface LayerUse {
  readonly layer: Layer;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Whether steps of the first input are masked. */
  readonly isMasked: boolean;
}

/** Emits a tensor that is no constant. */
export type Emit = (tensor: Tensor, exporter: Exporter) => Emitted;

/** Emits all outputs of a use of a layer, in their order. */
export type EmitLayer = (use: LayerUse, exporter: Exporter) => readonly Emitted[];

/** 0 … rank − 1. */
export const axesOf = (rank: number): number[] => Array.from({ length: rank }, (_, axis) => axis);

/** The order of channels first: [batch, channels, …space]. */
export const channelsFirst = (rank: number): number[] => [0, rank - 1, ...axesOf(rank - 2).map((axis) => axis + 1)];

const isSame = (a: readonly number[], b: readonly number[]) => a.every((axis, index) => axis === b[index]);

/** What emits the tensors of one model. */
export class Exporter {
  private readonly inputs: Tensor[] = [];
  private readonly values = new Map<Tensor, Emitted[]>();
  private readonly uses = new Map<Tensor, LayerUse>();
  /** Uses of layers by the last tensor that they recorded, to name what an operation belongs to. */
  private readonly owners: readonly { readonly end: number; readonly layer: Layer }[];

  /**
   * @param constants the values of tensors that depend on no input.
   * @param observed all uses of layers, in the order of the recording.
   * @param emitLayer what emits a layer as a whole; undefined where its operations are emitted one by one.
   */
  constructor(
    readonly graph: OnnxGraph,
    private readonly constants: ReadonlyMap<Tensor, TypedArray>,
    observed: readonly LayerUse[],
    private readonly emit: Emit,
    private readonly emitLayer: (use: LayerUse) => EmitLayer | undefined,
  ) {
    this.owners = observed.map(({ layer, outputs }) => ({ end: Math.max(...outputs.map(({ id }) => id)), layer }));
    for (const use of observed)
      if (emitLayer(use)) for (const output of use.outputs) if (!this.uses.has(output)) this.uses.set(output, use);
  }

  /** Says where an input of the graph is. */
  setInput(tensor: Tensor, value: Emitted): void {
    this.inputs.push(tensor);
    this.set(tensor, value);
  }

  /** The values of a tensor that depends on no input. */
  constant(tensor: Tensor): TypedArray | undefined {
    return this.constants.get(tensor);
  }

  /** A weight, its axes in another order where `order` says so, under the variable's name. */
  weight(variable: Variable, order = axesOf(variable.shape.length)): string {
    return this.get(variable.tensor, order);
  }

  /** The tensor in the order of axes that costs no transposition. */
  native(tensor: Tensor): Emitted {
    const known = this.values.get(tensor)?.[0];
    if (known) return known;
    if (this.constants.has(tensor)) return { name: this.get(tensor), order: axesOf(tensor.rank) };
    const { graph } = this;
    const before = graph.scope;
    const use = this.uses.get(tensor);
    const owner = use?.layer ?? this.ownerOf(tensor);
    graph.scope = owner?.name ?? "";
    if (use) {
      const emitted = (this.emitLayer(use) as EmitLayer)(use, this);
      for (const [index, output] of use.outputs.entries()) this.set(output, emitted[index] as Emitted);
    } else this.set(tensor, this.emit(tensor, this));
    graph.scope = before;
    return (this.values.get(tensor) as Emitted[])[0] as Emitted;
  }

  /** The name of the tensor with its axes in this order (default its own). */
  get(tensor: Tensor, order: readonly number[] = axesOf(tensor.rank)): string {
    const found = this.values.get(tensor)?.find((value) => isSame(value.order, order));
    if (found) return found.name;
    const data = this.constants.get(tensor);
    const name = data ? this.addConstant(tensor, data, order) : this.transposed(this.native(tensor), order);
    const list = this.values.get(tensor) ?? [];
    if (!list.some((value) => isSame(value.order, order))) list.push({ name, order });
    this.values.set(tensor, list);
    return name;
  }

  /** The number of samples, as a list of one int64 number. */
  batch(): string {
    const [input] = this.inputs;
    return input ? this.graph.node("Shape", [this.native(input).name], { start: 0, end: 1 }) : this.graph.ints([1]);
  }

  /** The error for what ONNX cannot say. */
  refuse(tensor: Tensor, what: string, advice = ""): Error {
    return refusal(this.ownerOf(tensor), what, advice);
  }

  private set(tensor: Tensor, value: Emitted): void {
    this.values.set(tensor, [value]);
  }

  private transposed({ name, order: from }: Emitted, order: readonly number[]): string {
    if (isSame(from, order)) return name;
    return this.graph.node("Transpose", [name], { perm: order.map((axis) => from.indexOf(axis)) });
  }

  private addConstant(tensor: Tensor, data: TypedArray, order: readonly number[]): string {
    const { name = "constant" } = (tensor.attrs as { variable?: { name: string } }).variable ?? {};
    const { scope } = this.graph;
    if (name.includes("/")) this.graph.scope = "";
    const shape = order.map((axis) => tensor.shape[axis] as number);
    const values = permuted(data, tensor.shape, order);
    const type = tensor.dtype;
    const key = tensor.rank === 0 ? `${type} ${values[0]}` : undefined;
    const array = type === "int32" ? Int32Array.from(values) : Float32Array.from(values);
    const added = this.graph.initializer(array, type, shape, name, key);
    this.graph.scope = scope;
    return added;
  }

  private ownerOf({ id }: Tensor): Layer | undefined {
    return this.owners.find(({ end }) => end >= id)?.layer;
  }
}

/** The error for what ONNX cannot say. */
export const refusal = (layer: Layer | undefined, what: string, advice: string): Error =>
  valueError("exportOnnx", {
    rule: `ONNX has no way to say what ${layer?.label ?? "the model"} does`,
    expected: "layers of which ONNX has the operations",
    received: what,
    advice,
  });

/** The elements with axes in another order. */
export function permuted(data: TypedArray, shape: Shape, order: readonly number[]): TypedArray {
  if (isSame(order, axesOf(shape.length))) return data;
  const strides = stridesOf(shape);
  const steps = order.map((axis) => strides[axis] as number);
  const extents = order.map((axis) => shape[axis] as number);
  const result = data.slice();
  const place = extents.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from] as number;
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      place[axis] = (place[axis] as number) + 1;
      from += steps[axis] as number;
      if ((place[axis] as number) < (extents[axis] as number)) break;
      from -= (steps[axis] as number) * (extents[axis] as number);
      place[axis] = 0;
    }
  }
  return result;
}

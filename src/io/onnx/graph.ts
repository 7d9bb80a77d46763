// An ONNX graph under construction: nodes, initializers, inputs and outputs.

import { valueError } from "../../errors.ts";
import type { DType } from "../../ir/dtype.ts";
import type { Shape } from "../../ir/shape.ts";
import { Message } from "./message.ts";

/** The operator set that files name: the first with LayerNormalization. */
const opset = 17;
/** The version of the file format that belongs to it. */
const irVersion = 8;

/** A float attribute, or several: plain numbers are whole numbers. */
export interface Floats {
  readonly float?: number;
  readonly floats?: readonly number[];
}

/** An attribute of a node. */
export type Attribute = number | string | readonly number[] | readonly string[] | Floats;

/** The numbers of `TensorProto.DataType`. */
export const elementTypes = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;

/** An extent: a number, or a name for one that is chosen when the model runs. */
export type Extent = number | string;

/** Builds a `ModelProto`. @see onnx/onnx.proto in the ONNX repository, version 1.12. */
export class OnnxGraph {
  /** Begins the names of the nodes that are added. */
  scope = "";
  private readonly nodes: Message[] = [];
  private readonly initializers: Message[] = [];
  private readonly inputs: Message[] = [];
  private readonly outputs: Message[] = [];
  private readonly taken = new Set<string>();
  private readonly shared = new Map<string, string>();

  /** Adds a node; gives the name of its output, a new one unless `output` says another. */
  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}, output?: string) {
    return this.nodeOf(op, inputs, attributes, [output ?? this.unique(op.toLowerCase())])[0] as string;
  }

  /** {@link node} with several outputs; an empty name leaves one out. */
  nodeOf(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    outputs: readonly string[],
  ): readonly string[] {
    const node = new Message();
    for (const name of inputs) node.text(1, name);
    for (const name of outputs) node.text(2, name);
    node.text(3, this.unique(`${op}`)).text(4, op);
    for (const [name, value] of Object.entries(attributes)) node.message(5, attributeOf(name, value));
    this.nodes.push(node);
    return outputs;
  }

  /** A name that no value and no node has, beginning with the scope. */
  unique(name: string): string {
    const full = this.scope ? `${this.scope}/${name}` : name;
    let free = full;
    for (let count = 1; this.taken.has(free); count++) free = `${full}_${count}`;
    this.taken.add(free);
    return free;
  }

  /** Values that are part of the file. @param key equal keys give one initializer. */
  initializer(data: ArrayBufferView, type: keyof typeof elementTypes, shape: Shape, name = "constant", key?: string) {
    const known = key === undefined ? undefined : this.shared.get(key);
    if (known !== undefined) return known;
    const free = this.unique(name);
    const tensor = new Message();
    for (const extent of shape) tensor.int(1, extent);
    tensor.int(2, elementTypes[type]).text(8, free);
    tensor.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    this.initializers.push(tensor);
    if (key !== undefined) this.shared.set(key, free);
    return free;
  }

  /** A list of int64 numbers, as shapes, axes and pads are given. */
  ints(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.initializer(data, "int64", [values.length], "ints", `ints ${values}`);
  }

  /** A float32 number. */
  float(value: number): string {
    return this.initializer(
      Float32Array.of(value),
      "float32",
      [],
      "number",
      `float ${Object.is(value, -0) ? "-0" : value}`,
    );
  }

  input(name: string, dtype: DType, shape: readonly Extent[]): void {
    this.taken.add(name);
    this.inputs.push(valueInfo(name, dtype, shape));
  }

  output(name: string, dtype: DType, shape: readonly Extent[]): void {
    this.outputs.push(valueInfo(name, dtype, shape));
  }

  /** The file. @throws ValueError where it is larger than protocol buffers can be. */
  finish(name: string): Uint8Array<ArrayBuffer> {
    const graph = new Message();
    for (const node of this.nodes) graph.message(1, node);
    graph.text(2, name);
    for (const tensor of this.initializers) graph.message(5, tensor);
    for (const info of this.inputs) graph.message(11, info);
    for (const info of this.outputs) graph.message(12, info);
    const model = new Message().int(1, irVersion).text(2, "aretejs").message(7, graph);
    model.message(8, new Message().text(1, "").int(2, opset));
    if (model.size >= 2 ** 31) {
      throw valueError("exportOnnx", {
        rule: "an ONNX file holds at most 2 GiB",
        expected: `less than ${2 ** 31} bytes`,
        received: model.size,
      });
    }
    return model.finish();
  }
}

function attributeOf(name: string, value: Attribute): Message {
  const message = new Message().text(1, name);
  if (typeof value === "number") return message.int(3, value).int(20, 2);
  if (typeof value === "string") return message.text(4, value).int(20, 3);
  if (!Array.isArray(value)) {
    const { float, floats = [] } = value as Floats;
    if (float !== undefined) return message.float(2, float).int(20, 1);
    for (const each of floats) message.float(7, each);
    return message.int(20, 6);
  }
  const isText = typeof value[0] === "string";
  for (const each of value) isText ? message.text(9, each as string) : message.int(8, each as number);
  return message.int(20, isText ? 8 : 7);
}

function valueInfo(name: string, dtype: DType, shape: readonly Extent[]): Message {
  const dims = new Message();
  for (const extent of shape)
    dims.message(1, typeof extent === "number" ? new Message().int(1, extent) : new Message().text(2, extent));
  const tensor = new Message().int(1, elementTypes[dtype]).message(2, dims);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}

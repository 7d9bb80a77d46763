import { describe, expect, it } from "vitest";
import { exportOnnx } from "../../src/io/index.ts";
import { input } from "../../src/nn/input.ts";
import type { Layer } from "../../src/nn/layer.ts";
import * as l from "../../src/nn/layers/index.ts";
import * as ops from "../../src/tensor/ops/index.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { model, sequential } from "../../src/train/sequential.ts";
import { onnxCases } from "./onnx-models.ts";

type Fields = Map<number, (Uint8Array | number)[]>;

/** The fields of a protocol buffer by their numbers: bytes of those with a length, numbers of the others. */
function fieldsOf(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] as number;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const list = fields.get(key >> 3) ?? [];
    fields.set(key >> 3, list);
    if ((key & 7) === 0) list.push(varint());
    else {
      const length = (key & 7) === 2 ? varint() : 4;
      list.push(bytes.slice(at, at + length));
      at += length;
    }
  }
  return fields;
}

const text = (value: Uint8Array | number | undefined) => new TextDecoder().decode(value as Uint8Array);
const all = (fields: Fields, field: number) => fields.get(field) ?? [];
const within = (fields: Fields, ...path: number[]) =>
  path.reduce((found, field) => fieldsOf(all(found, field)[0] as Uint8Array), fields);

/** Operators with how often they are used, and the shapes of inputs and outputs. */
function read(bytes: Uint8Array) {
  const file = fieldsOf(bytes);
  const graph = within(file, 7);
  const operators: Record<string, number> = {};
  for (const node of all(graph, 1)) {
    const name = text(all(fieldsOf(node as Uint8Array), 4)[0]);
    operators[name] = (operators[name] ?? 0) + 1;
  }
  const shapes = (field: number) =>
    Object.fromEntries(
      all(graph, field).map((info) => {
        const fields = fieldsOf(info as Uint8Array);
        const dims = all(within(fields, 2, 1, 2), 1).map((dim) => {
          const [number, name] = [1, 2].map((each) => all(fieldsOf(dim as Uint8Array), each)[0]);
          return number ?? text(name);
        });
        return [text(all(fields, 1)[0]), dims];
      }),
    );
  return { opset: all(within(file, 8), 2)[0], operators, inputs: shapes(11), outputs: shapes(12), graph };
}

const exported = async (name: string) => {
  const made = (onnxCases[name] as (typeof onnxCases)["mlp"])?.();
  if (!made) throw new Error(`no case ${name}`);
  return read(await exportOnnx(made.model, made.options));
};

const chain = (shape: readonly (number | null)[], ...layers: Layer[]) => {
  const start = input(shape);
  return model({ inputs: start, outputs: layers.reduce((tensor, layer) => layer.apply(tensor), start) });
};

describe("an ONNX file", () => {
  it("transposes images at the ends, and not at all where they come channels first and end as numbers", async () => {
    const last = await exported("residual");
    expect(last.inputs).toEqual({ input: ["batch", 8, 8, 4] });
    // At the input, at the output, and the four numbers that scale the channels.
    expect(last.operators.Transpose).toBe(3);
    const first = await exported("residualChannelsFirst");
    expect(first.inputs).toEqual({ input: ["batch", 4, 8, 8] });
    expect(Object.values(first.outputs)).toEqual([["batch", 4, 8, 8]]);
    expect(first.operators.Transpose).toBe(1);
    expect(first.opset).toBe(17);
  });

  it("has one node for a layer where ONNX has one, its bias and mean included", async () => {
    expect((await exported("openText")).operators).toEqual({
      Gather: 1,
      Transpose: 1,
      LSTM: 1,
      Squeeze: 1,
      ReduceMean: 1,
      MatMul: 1,
      Add: 1,
      Identity: 1,
    });
    const { operators } = await exported("mobile");
    expect(operators).toMatchObject({ Conv: 3, BatchNormalization: 1, AveragePool: 1, ReduceMean: 1 });
    expect(operators.Add).toBe(1);
  });

  it("keeps extents open that the model leaves open, by names", async () => {
    const { inputs, outputs } = await exported("openTransformer");
    expect(inputs).toEqual({ input: ["batch", "input_1"] });
    expect(Object.values(outputs)[0]?.slice(2)).toEqual([12]);
  });

  it("has a weight once that several layers share", async () => {
    const shared = l.dense(6, { useBias: false, inputShape: [6] });
    const once = await exportOnnx(sequential([shared], { seed: 1 }));
    const x = input([6]);
    const twice = await exportOnnx(model({ inputs: x, outputs: shared.apply(shared.apply(x)) }));
    expect(all(read(once).graph, 5)).toHaveLength(1);
    expect(all(read(twice).graph, 5)).toHaveLength(1);
  });
});

describe("what ONNX cannot say is refused by name", () => {
  const x = (shape: readonly (number | null)[]) => input(shape, { dtype: "int32" });
  const masked = () => {
    const start = x([5]);
    return model({ inputs: start, outputs: l.lstm(3).apply(l.embedding(4, 2, { maskZero: true }).apply(start)) });
  };
  class OwnCell extends l.Cell {
    readonly stateSizes = [2];
    begin() {
      return (_: number, states: readonly Tensor[]) => states;
    }
  }
  const rows: [string, () => Promise<unknown>, string][] = [
    [
      "masks of recurrent layers",
      () => exportOnnx(masked()),
      'lstm "lstm" does. Expected layers of which ONNX has the operations, received masked steps',
    ],
    [
      "kept states",
      () => exportOnnx(chain([3, 2], l.gru(2, { stateful: true }))),
      "received states kept between calls",
    ],
    [
      "cells of one's own",
      () => exportOnnx(chain([3, 2], l.rnn(new OwnCell("ownCell")))),
      "received a cell of one's own",
    ],
    [
      "activations",
      () => exportOnnx(chain([3, 2], l.lstm(2, { activation: "gelu" }))),
      "received the activation gelu. Use one of tanh, sigmoid",
    ],
    [
      "random numbers",
      () =>
        exportOnnx(
          chain(
            [3],
            l.lambda((t, ctx) => ops.add(t, ops.randomUniform([3], { seed: ctx.key, stream: 1 }))),
          ),
        ),
      "received random numbers",
    ],
    ["extents", () => exportOnnx(chain([null, null, 3], l.resizing(4, 4))), 'resizing "resizing" does'],
    ["layouts", () => exportOnnx(chain([3], l.dense(2)), { layout: "hwc" as "nhwc" }), 'Expected "nhwc" or "nchw"'],
    [
      "shapes",
      () => exportOnnx(chain([null, 3], l.dense(2)), { inputShapes: [[4, 5]] }),
      "inputShapes are shapes that the inputs can have",
    ],
    ["models without inputs", () => exportOnnx(sequential([l.dense(2)])), "exportOnnx needs the weights"],
  ];
  it.each(rows)("%s", async (_, act, message) => {
    await expect(act()).rejects.toThrow(message);
  });

  it("but extents can be given", async () => {
    const bytes = await exportOnnx(chain([null, null, 3], l.resizing(4, 4)), { inputShapes: [[6, 6, 3]] });
    expect(read(bytes).inputs).toEqual({ input: ["batch", 6, 6, 3] });
  });
});

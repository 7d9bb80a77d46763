import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { compile } from "../../src/compiler/compile.ts";
import { planArena } from "../../src/ir/arena.ts";
import { unroll } from "../../src/ir/loop-steps.ts";
import { print } from "../../src/ir/print.ts";
import type { Program } from "../../src/ir/program.ts";
import type { BatchShape, CallContext, Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { Recording } from "../../src/nn/recording.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { add, mul, sin, square, tanh } from "../../src/tensor/ops/elementwise.ts";
import { concat, slice } from "../../src/tensor/ops/joining.ts";
import { placeholder, tensor } from "../../src/tensor/ops/leaf.ts";
import { matmul } from "../../src/tensor/ops/matmul.ts";
import { randomKey, randomUniform } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import { reshape } from "../../src/tensor/ops/shaping.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Variable } from "../../src/tensor/variable.ts";

const recordingOf = (layer: Layer, observe?: CallContext["observe"]) =>
  new Recording(layer, { training: true, key: tensor(randomKey(1)), observe });

/** A loss through the layer on random sequences, and its gradients by the sequences and the weights. */
function lossOf(layer: Layer, shape: readonly number[], ctx = recordingOf(layer)): Tensor[] {
  layer.ensureBuilt([null, ...shape.slice(1)]);
  layer.initialize(1);
  const x = randomUniform(shape, { seed: 3, low: -1, high: 1 });
  const outputs = layer.applyAll(x, ctx);
  const loss = outputs.map((y, index) => sum(sin(mul(y, 1.5 + index)))).reduce((a, b) => add(a, b));
  return [loss, ...gradients(loss, [x, ...layer.variables])];
}

const programOf = (outputs: readonly Tensor[]): Program =>
  compile({ outputs: Object.fromEntries(outputs.map((output, index) => [String(index), output])) }).program;

const loopsIn = ({ instructions }: Program) => instructions.filter(({ kind }) => kind === "loop").length;

/** A cell of one's own with a layer in its steps. */
class DenseCell extends layers.Cell {
  readonly stateSizes = [3];
  readonly inner = layers.dense(3, { activation: "tanh" });

  constructor(private readonly change?: (time: number, ctx: CallContext, cell: DenseCell, h: Tensor) => Tensor) {
    super("denseCell", {}, {});
  }

  override build(shape: BatchShape | readonly BatchShape[]): void {
    this.inner.ensureBuilt([null, 3 + (shape.at(-1) as number)]);
  }

  override begin(x: Tensor, ctx: CallContext): layers.Step {
    const [, batch, features] = x.shape as [number, number, number];
    return (time, [h]) => {
      const now = reshape(slice(x, [time, 0, 0], [1, batch, features]), [batch, features]);
      const next = this.inner.apply(concat([h as Tensor, now]), ctx);
      return [this.change?.(time, ctx, this, next) ?? next];
    };
  }
}

/** A cell that reads its input as a sequence, by a recurrent layer of its own. */
class SequenceCell extends layers.Cell {
  readonly stateSizes = [2];
  readonly inner: layers.Recurrent;

  constructor(unroll: boolean) {
    super("sequenceCell", {}, {});
    this.inner = layers.gru(2, { unroll });
  }

  override build(shape: BatchShape | readonly BatchShape[]): void {
    this.inner.ensureBuilt([null, shape.at(-1) as number, 1]);
  }

  override begin(x: Tensor, ctx: CallContext): layers.Step {
    const [, batch, features] = x.shape as [number, number, number];
    return (time, [h]) => {
      const now = reshape(slice(x, [time, 0, 0], [1, batch, features]), [batch, features, 1]);
      return [tanh(add(this.inner.apply([now, h as Tensor], ctx), mul(h as Tensor, 0.5)))];
    };
  }
}

/** A cell whose state is read as a sequence: a loop in the loop over what is carried. */
class MemoryCell extends layers.Cell {
  readonly stateSizes = [4];
  readonly inner: layers.Recurrent;

  constructor(unroll: boolean) {
    super("memoryCell", {}, {});
    this.inner = layers.simpleRnn(1, { unroll, returnSequences: true });
  }

  override build(): void {
    this.inner.ensureBuilt([null, 4, 1]);
  }

  override begin(x: Tensor, ctx: CallContext): layers.Step {
    const batch = x.shape[1] as number;
    return (time, [h]) => {
      const now = reshape(slice(x, [time, 0, 0], [1, batch, 1]), [batch, 1]);
      const read = reshape(this.inner.apply(reshape(h as Tensor, [batch, 4, 1]), ctx), [batch, 4]);
      return [tanh(add(read, now))];
    };
  }
}

/** A cell that keeps its last two inputs: what is carried moves on as it is. */
class ShiftCell extends layers.Cell {
  readonly stateSizes = [2, 2];

  constructor() {
    super("shiftCell", {}, {});
  }

  override begin(x: Tensor): layers.Step {
    const batch = x.shape[1] as number;
    return (time, [h, before]) => {
      const now = reshape(slice(x, [time, 0, 0], [1, batch, 2]), [batch, 2]);
      return [add(now, mul(before as Tensor, 0.5)), h as Tensor];
    };
  }
}

/** A cell whose state is an image, convolved at each step. */
class ConvCell extends layers.Cell {
  readonly stateSizes = [16];
  readonly inner = layers.conv2d(1, 3, { padding: "same" });

  constructor() {
    super("convCell", {}, {});
  }

  override build(): void {
    this.inner.ensureBuilt([null, 4, 4, 1]);
  }

  override begin(x: Tensor, ctx: CallContext): layers.Step {
    const batch = x.shape[1] as number;
    return (time, [h]) => {
      const now = reshape(slice(x, [time, 0, 0], [1, batch, 16]), [batch, 16]);
      const image = this.inner.apply(reshape(h as Tensor, [batch, 4, 4, 1]), ctx);
      return [tanh(add(reshape(image, [batch, 16]), now))];
    };
  }
}

const backend = js({ precision: "float64" });

/** What the layer gives with its steps recorded one by one, and as a loop; whether there is one. */
async function bothWays(make: (unroll: boolean) => Layer, shape: readonly number[]) {
  const [apart, looped] = [true, false].map((unroll) => lossOf(make(unroll), shape)) as [Tensor[], Tensor[]];
  const valuesOf = async (tensors: readonly Tensor[]) =>
    (await evaluate(tensors, backend)).map((data) => Array.from(data, (value) => value + 0));
  return { apart: await valuesOf(apart), looped: await valuesOf(looped), loops: loopsIn(programOf(looped)) };
}

function expectClose(found: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): void {
  found.forEach((data, index) => {
    data.forEach((value, at) => {
      expect(value).toBeCloseTo(wanted[index]?.[at] as number, 12);
    });
  });
}

describe("cells of one's own", () => {
  it("run as a loop, with the layers in their steps", async () => {
    const { apart, looped, loops } = await bothWays((unroll) => layers.rnn(new DenseCell(), { unroll }), [2, 5, 2]);
    expect(loops).toBe(2);
    expectClose(looped, apart);
  });

  it("run step by step where steps differ, or report what belongs to one step", async () => {
    const odd = [
      (time: number, _: CallContext, __: DenseCell, h: Tensor) => (time === 3 ? mul(h, 2) : h),
      (_: number, ctx: CallContext, __: DenseCell, h: Tensor) => {
        ctx.addLoss(sum(h));
        return h;
      },
      (_: number, ctx: CallContext, cell: DenseCell, h: Tensor) =>
        add(h, randomUniform(h.shape, { seed: ctx.key, stream: ctx.stream(cell) })),
      (_: number, ctx: CallContext, cell: DenseCell, h: Tensor) => {
        const bias = cell.inner.variables[1] as Variable;
        ctx.update(bias, add(ctx.value(bias), 1));
        return h;
      },
    ];
    for (const change of odd) {
      const { apart, looped, loops } = await bothWays(
        (unroll) => layers.rnn(new DenseCell(change), { unroll, name: "r" }),
        [2, 5, 2],
      );
      expect(loops).toBe(0);
      expect(looped).toEqual(apart);
    }
  });

  it("report their layers once, with the values of all steps", async () => {
    const layer = layers.rnn(new DenseCell(), { unroll: false });
    const seen: (readonly number[])[] = [];
    lossOf(
      layer,
      [2, 5, 2],
      recordingOf(layer, ({ kind }, [output]) => {
        if (kind === "dense") seen.push(output?.shape as number[]);
      }),
    );
    expect(seen).toEqual([[5, 2, 3]]);
  });

  it("may hold convolutions with margins, also on wasm", async () => {
    for (const returnSequences of [false, true]) {
      const { apart, looped, loops } = await bothWays(
        (unroll) => layers.rnn(new ConvCell(), { unroll, returnSequences }),
        [2, 5, 16],
      );
      expect(loops).toBe(2);
      expectClose(looped, apart);
      const layer = layers.rnn(new ConvCell(), { unroll: false, returnSequences });
      const found = await evaluate(lossOf(layer, [2, 5, 16]), await wasm({ threads: 1 }));
      found.forEach((data, index) => {
        data.forEach((value, at) => {
          expect(value).toBeCloseTo(apart[index]?.[at] as number, 4);
        });
      });
    }
  });

  it("may carry values that move on as they are", async () => {
    for (const goBackwards of [false, true]) {
      const options = { goBackwards, returnSequences: true, returnState: true };
      const { apart, looped, loops } = await bothWays(
        (unroll) => layers.rnn(new ShiftCell(), { unroll, ...options }),
        [2, 6, 2],
      );
      expect(loops).toBe(2);
      expectClose(looped, apart);
    }
  });

  it.each([
    ["its input", (unroll: boolean) => new SequenceCell(unroll), 3],
    ["its state", (unroll: boolean) => new MemoryCell(unroll), 1],
  ])("may have a recurrent layer inside that reads %s: a loop in a loop", async (_, cell, features) => {
    for (const returnSequences of [false, true]) {
      const { apart, looped, loops } = await bothWays(
        (unroll) => layers.rnn(cell(unroll), { unroll, returnSequences }),
        [2, 5, features],
      );
      expect(loops).toBe(2);
      expectClose(looped, apart);
    }
  });
});

describe("a program whose loops are unrolled, for backends without loops", () => {
  it("gives the same", () => {
    const layer = layers.rnn(new SequenceCell(false), { unroll: false });
    layer.ensureBuilt([null, 4, 3]);
    const weights = layer.variables.map(({ shape }, index) => randomUniform(shape, { seed: index, low: -1, high: 1 }));
    layer.variables.forEach((variable, index) => {
      Object.defineProperty(variable, "tensor", { value: weights[index] });
    });
    const x = randomUniform([2, 4, 3], { seed: 3, low: -1, high: 1 });
    const loss = sum(sin(layer.apply(x, recordingOf(layer))));
    const looped = programOf([loss, ...gradients(loss, [x, ...weights])]);
    const unrolled = { ...looped, instructions: unroll(looped.instructions) };
    expect([loopsIn(looped), loopsIn(unrolled)]).toEqual([2, 0]);
    const [wanted, found] = [looped, unrolled].map((program) => {
      const executable = backend.load(program, []);
      executable.run();
      return Object.keys(program.outputs).map((name) => Array.from(executable.readSync(name)));
    });
    expect(found).toEqual(wanted);
  });
});

describe("programs of long sequences", () => {
  const stepOf = (time: number, options: layers.LstmOptions = {}): Program => {
    const layer = layers.lstm(32, { returnSequences: true, ...options });
    layer.ensureBuilt([null, time, 8]);
    const output = layer.apply(placeholder("x", [16, time, 8]), recordingOf(layer));
    return programOf(gradients(sum(square(output)), layer.variables));
  };

  it("are as large for 2000 steps as for 100, and hold what the way back needs", () => {
    const [short, long] = [stepOf(100), stepOf(2000)];
    expect(long.instructions.length).toBe(short.instructions.length);
    expect(print(long).length).toBeLessThan(4000);
    const floats = (planArena(long).bytes - planArena(short).bytes) / 4 / 1900;
    // Four gates, carry, its tanh and output; gates before activation, whose place their gradients take; the input,
    // twice; the gradient of the output.
    expect(floats).toBeLessThan(16 * (7 * 32 + 4 * 32 + 2 * 8 + 32) * 1.01);
  });

  it("have one product for each kernel's gradient, outside of the loop", () => {
    const { instructions } = stepOf(100);
    // The inputs', and the gradients of the two kernels.
    expect(instructions.filter(({ kind }) => kind === "matmul")).toHaveLength(3);
    const loops = instructions.flatMap((instruction) => (instruction.kind === "loop" ? [instruction.body] : []));
    expect(loops.map((body) => body.map(({ kind }) => kind))).toEqual([
      ["matmul", "map"],
      ["map", "map", "copy", "copy", "copy", "copy", "matmul"],
    ]);
  });

  it("keep states in one place where only the last is wanted", () => {
    const predict = (time: number) => {
      const layer = layers.lstm(32);
      layer.ensureBuilt([null, time, 8]);
      const output = layer.apply(placeholder("x", [16, time, 8]), recordingOf(layer));
      return planArena(programOf([output])).bytes / 4;
    };
    // The input, twice, and its products.
    expect((predict(2000) - predict(1000)) / 1000).toBeLessThan(16 * (2 * 8 + 4 * 32) * 1.01);
  });
});

describe("gradients that vanish over many steps", () => {
  it("become 0, not the smallest numbers that there are", async () => {
    const time = 400;
    const layer = layers.gru(2, { unroll: false });
    layer.ensureBuilt([null, time, 1]);
    layer.initialize(1);
    const x = randomUniform([1, time, 1], { seed: 3, low: -1, high: 1 });
    const [slope] = gradients(sum(layer.apply(x, recordingOf(layer))), [x]) as [Tensor];
    const values = Array.from((await evaluate([slope], js()))[0] as Float32Array, Math.abs);
    expect(values.at(-1)).toBeGreaterThan(1e-3);
    expect(values.slice(0, 100)).toEqual(new Array(100).fill(0));
    expect(values.filter((value) => value > 0 && value < 2 ** -126).length).toBeLessThan(20);
  });
});

describe("a product of rows in a loop", () => {
  it("is that of what is carried with what it is multiplied by", async () => {
    // A kernel that is used as the right and as the left operand: one gradient out of the loop, one in it.
    class BothSides extends layers.Cell {
      readonly stateSizes = [2];
      private kernel?: Variable;

      constructor() {
        super("bothSides", {}, {});
      }

      override build(): void {
        this.kernel = this.addVariable("kernel", [2, 2], { initializer: "glorotUniform" });
      }

      override begin(x: Tensor, ctx: CallContext): layers.Step {
        const kernel = ctx.value(this.kernel as Variable);
        return (time, [h]) => [
          tanh(add(matmul(h as Tensor, kernel), matmul(kernel, reshape(slice(x, [time, 0, 0], [1, 2, 2]), [2, 2])))),
        ];
      }
    }
    const { apart, looped, loops } = await bothWays((unroll) => layers.rnn(new BothSides(), { unroll }), [2, 6, 2]);
    expect(loops).toBe(2);
    expectClose(looped, apart);
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { compile } from "../../src/compiler/compile.ts";
import { input } from "../../src/nn/input.ts";
import { reluLayer } from "../../src/nn/layers/activation.ts";
import { batchNormalization } from "../../src/nn/layers/batch-normalization.ts";
import { conv2d } from "../../src/nn/layers/conv.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { lstm } from "../../src/nn/layers/lstm.ts";
import { addLayer, concatenate } from "../../src/nn/layers/merge.ts";
import { layerNormalization } from "../../src/nn/layers/normalization.ts";
import { adamW } from "../../src/optim/adam-w.ts";
import { maxNorm } from "../../src/regularize/constraints.ts";
import { l2 } from "../../src/regularize/penalties.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { add, concat, mul, sum, tanh } from "../../src/tensor/ops/index.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { Variable } from "../../src/tensor/variable.ts";
import type { Model } from "../../src/train/model.ts";
import { model, sequential } from "../../src/train/sequential.ts";

/** Elements that callbacks, iterators and searches have visited: work that is counted, so that no clock decides. */
let visited = 0;
const restore: (() => void)[] = [];

function replace(
  prototype: object,
  name: string,
  change: (old: (...args: never[]) => unknown) => (this: unknown, ...args: never[]) => unknown,
): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
  Object.defineProperty(prototype, name, { ...descriptor, value: change(descriptor.value) });
  restore.push(() => Object.defineProperty(prototype, name, descriptor));
}

const filled = (...shape: number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.1), shape });

interface Sample {
  model: Model;
  x: ReturnType<typeof filled>;
  y: ReturnType<typeof filled>;
}

const kinds: Readonly<Record<string, (n: number) => Sample>> = {
  "layers behind each other, with penalties and constraints": (n) => {
    const layers = Array.from({ length: n }, (_, i) =>
      dense(3, {
        activation: "relu",
        kernelRegularizer: l2(0.1),
        kernelConstraint: maxNorm(2),
        ...(i === 0 && { inputShape: [3] }),
      }),
    );
    return { model: sequential(layers), x: filled(2, 3), y: filled(2, 3) };
  },
  "residual blocks": (n) => {
    const x = input([3]);
    let y = x;
    for (let i = 0; i < n; i++)
      y = addLayer().apply([y, dense(3, { activation: "gelu" }).apply(layerNormalization().apply(y))]);
    return { model: model({ inputs: x, outputs: y }), x: filled(2, 3), y: filled(2, 3) };
  },
  "branches beside each other": (n) => {
    const x = input([3]);
    const branches = Array.from({ length: n }, () => dense(1, { activation: "tanh" }).apply(x));
    return { model: model({ inputs: x, outputs: concatenate().apply(branches) }), x: filled(2, 3), y: filled(2, n) };
  },
  "steps of a recurrent layer": (n) => ({
    model: sequential([lstm(2, { inputShape: [n, 2], returnSequences: true }), dense(1)]),
    x: filled(2, n, 2),
    y: filled(2, n, 1),
  }),
  "convolutions with normalizations": (n) => {
    const blocks = Array.from({ length: n }, (_, i) => [
      conv2d(2, 3, { padding: "same", ...(i === 0 && { inputShape: [4, 4, 2] }) }),
      batchNormalization(),
    ]);
    return { model: sequential(blocks.flat()), x: filled(2, 4, 4, 2), y: filled(2, 4, 4, 2) };
  },
};

/** The work of each phase of a model's life. */
async function workOf(make: (n: number) => Sample, n: number): Promise<Record<string, number>> {
  const backend = await wasm({ threads: 1 });
  let last = visited;
  const lap = () => {
    const work = visited - last;
    last = visited;
    return work;
  };
  const { model: made, x, y } = make(n);
  const build = lap();
  made.compile({ optimizer: adamW({ globalClipNorm: 1 }), loss: "mse", backend });
  await made.trainOnBatch(x, y);
  const firstStep = lap();
  made.summary({ print: false });
  JSON.stringify(made.getConfig());
  const describing = lap();
  made.clone();
  return { build, firstStep, describing, copy: lap() };
}

describe("the work from a model to its first step", () => {
  beforeAll(() => {
    for (const name of [
      "map",
      "filter",
      "forEach",
      "find",
      "findIndex",
      "findLast",
      "some",
      "every",
      "reduce",
      "flatMap",
      "sort",
    ]) {
      replace(Array.prototype, name, (old) => {
        return function (this: unknown, ...[visit, ...rest]: never[]) {
          if (typeof visit !== "function") return old.call(this as never, visit as never, ...rest);
          const counting = (...args: never[]) => {
            visited++;
            return (visit as (...args: never[]) => unknown)(...args);
          };
          return old.call(this as never, counting as never, ...rest);
        };
      });
    }
    for (const name of ["includes", "indexOf"]) {
      replace(Array.prototype, name, (old) => {
        return function (this: unknown, ...args: never[]) {
          visited += (this as unknown[]).length;
          return old.apply(this as never, args);
        };
      });
    }
    for (const iterator of [[].values(), new Map().entries(), new Set().values()]) {
      replace(Object.getPrototypeOf(iterator), "next", (old) => {
        return function (this: unknown) {
          visited++;
          return old.call(this as never);
        };
      });
    }
  });

  afterAll(() => {
    for (const undo of restore) undo();
  });

  it.each(Object.entries(kinds))("grows in proportion to %s", async (_, make) => {
    const small = await workOf(make, 12);
    const large = await workOf(make, 48);
    for (const [phase, work] of Object.entries(large)) {
      // Four times as many: 4 is proportional, 16 the square.
      expect(work / (small[phase] as number), phase).toBeLessThan(4.8);
    }
  });

  it("grows in proportion to the parts of a concatenation and to the readers of one value", () => {
    const work = (n: number) => {
      const variables = Array.from({ length: n }, () => new Variable([2], { initial: 1 }));
      const scale = sum(concat(variables));
      const before = visited;
      compile({ outputs: {}, updates: variables.map((variable) => [variable, mul(variable, scale)]) });
      return visited - before;
    };
    work(10);
    expect(work(800) / work(200)).toBeLessThan(4.8);
  });
});

describe("depth", () => {
  it("a chain of 10 000 tensors is differentiated and compiled without a stack overflow", async () => {
    const x = new Variable([1], { initial: 1 });
    let y: Tensor = x.tensor;
    for (let i = 0; i < 5000; i++) y = tanh(add(y, 1));
    const [slope] = gradients(sum(y), [x]) as [Tensor];
    expect(compile({ outputs: { slope } }).program.instructions.length).toBeGreaterThan(100);
  });

  it("a model of 10 000 layers is built, shown, described, copied and run", async () => {
    const layers = Array.from({ length: 10_000 }, (_, i) =>
      reluLayer({ name: `relu_${i}`, ...(i === 0 && { inputShape: [2] }) }),
    );
    const deep = sequential(layers);
    expect(deep.summary({ print: false }).split("\n").length).toBeGreaterThan(10_000);
    expect(JSON.parse(JSON.stringify(deep.getConfig())).layers).toHaveLength(10_000);
    const copy = deep.clone() as Model;
    copy.compile({ optimizer: "sgd", loss: "mse", backend: js() });
    expect(await (await copy.predict([[1, -2]])).array()).toEqual([[1, 0]]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Backend, Storage } from "../../src/backends/backend.ts";
import { evaluate, placeVariables } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { dense, sequential } from "../../src/index.ts";
import { add, mul, randomUniform } from "../../src/tensor/ops/index.ts";
import { Variable } from "../../src/tensor/variable.ts";

const size = 3;

/** A backend, how many storages of it are in use, and whether the host can read it at once. */
interface Counted {
  readonly backend: Backend;
  held(): number;
}

/** Passes everything on; `slow` takes away `readSync` and answers reads some turns later, as a GPU does. */
function counted(inner: Backend, slow: boolean): Counted {
  const inUse = new Set<Storage>();
  const own = new WeakMap<Storage, Storage>();
  const innerOf = (storage: Storage): Storage => own.get(storage) as Storage;
  const backend: Backend = {
    name: "counted",
    load: (program, storages) => inner.load(program, storages.map(innerOf)),
    allocate(spec) {
      const storage = { ...spec, backend };
      own.set(storage, inner.allocate(spec));
      inUse.add(storage);
      return storage;
    },
    write: (storage, data) => inner.write(innerOf(storage), data),
    async read(storage) {
      const reading = inner.read(innerOf(storage));
      for (let turn = 0; slow && turn < 7; turn++) await undefined;
      return reading;
    },
    free(storage) {
      inUse.delete(storage);
      inner.free(innerOf(storage));
    },
    dispose: () => inner.dispose(),
    ...(!slow && { readSync: (storage: Storage) => (inner as ReturnType<typeof js>).readSync(innerOf(storage)) }),
  };
  return { backend, held: () => inUse.size };
}

const action = fc.oneof(
  fc.record({ kind: fc.constant("assign" as const), variable: fc.nat(3), value: fc.integer({ min: 1, max: 1000 }) }),
  fc.record({ kind: fc.constant("read" as const), variable: fc.nat(3) }),
  fc.record({
    kind: fc.constant("place" as const),
    variables: fc.uniqueArray(fc.nat(3), { minLength: 1 }),
    backend: fc.nat(1),
  }),
  fc.record({
    kind: fc.constant("evaluate" as const),
    variables: fc.uniqueArray(fc.nat(3), { minLength: 1 }),
    backend: fc.nat(1),
  }),
  fc.record({ kind: fc.constant("wait" as const), turns: fc.integer({ min: 1, max: 12 }) }),
);

/**
 * Runs actions without waiting for any but "wait", and holds what they give against what values variables had between
 * call and answer.
 */
async function interleave(
  actions: readonly (typeof action extends fc.Arbitrary<infer A> ? A : never)[],
  backends: readonly Counted[],
): Promise<void> {
  const uniform = randomUniform([size], { seed: 5 });
  const first = new Variable([size], { initial: Float32Array.of(1.5, 2.5, 3.5) });
  const variables = [
    first,
    new Variable([size], { initial: 7 }),
    new Variable([size], { initial: uniform }),
    new Variable([size], { initial: mul(uniform, 2) }),
  ];
  const drawn = [...((await evaluate([uniform], js()))[0] as Float32Array)];
  /** Values that each variable has had, the last of them now. */
  const history: number[][][] = [[[1.5, 2.5, 3.5]], [[7, 7, 7]], [drawn], [drawn.map((x) => 2 * x)]];
  const running: Promise<unknown>[] = [];
  const check = (index: number, since: number, data: ArrayLike<number>) =>
    expect(history[index]?.slice(since)).toContainEqual(Array.from(data));
  for (const act of actions) {
    if (act.kind === "wait") for (let turn = 0; turn < act.turns; turn++) await undefined;
    else if (act.kind === "assign") {
      variables[act.variable]?.assign(new Float32Array(size).fill(act.value));
      history[act.variable]?.push(new Array<number>(size).fill(act.value));
    } else if (act.kind === "read") {
      const since = (history[act.variable] as number[][]).length - 1;
      running.push((variables[act.variable] as Variable).read().then((data) => check(act.variable, since, data)));
    } else {
      const { backend } = backends[act.backend] as Counted;
      const chosen = act.variables.map((index) => variables[index] as Variable);
      const since = act.variables.map((index) => (history[index] as number[][]).length - 1);
      if (act.kind === "place") running.push(placeVariables(chosen, backend));
      else {
        const tensors = chosen.map(({ tensor }) => add(mul(tensor, 1), 0));
        const checkAll = async () => {
          for (const [at, data] of (await evaluate(tensors, backend)).entries())
            check(act.variables[at] as number, since[at] as number, data);
        };
        running.push(checkAll());
      }
    }
  }
  await Promise.all(running);
  // Whatever was under way, what was assigned last is there, and each variable has one storage.
  for (const [index, variable] of variables.entries())
    expect([...(await variable.read())]).toEqual(history[index]?.at(-1));
  await placeVariables(variables, (backends[0] as Counted).backend);
  expect(backends.map(({ held }) => held())).toEqual([variables.length, 0]);
  for (const [index, variable] of variables.entries())
    expect([...(await variable.read())]).toEqual(history[index]?.at(-1));
}

describe("first uses and moves that overlap give every variable one place and the value assigned last", () => {
  const kinds: Record<string, () => Promise<Backend[]>> = {
    "js and wasm": async () => [js(), await wasm({ threads: 1 })],
    "wasm and wasm": async () => [await wasm({ threads: 1 }), await wasm({ threads: 1 })],
  };
  for (const [name, make] of Object.entries(kinds)) {
    for (const slow of [false, true]) {
      it(`${name}${slow ? ", read with a delay" : ""}`, async () => {
        const inner = await make();
        await fc.assert(
          fc.asyncProperty(fc.array(action, { minLength: 2, maxLength: 14 }), async (actions) => {
            await interleave(
              actions,
              inner.map((backend) => counted(backend, slow)),
            );
          }),
          { numRuns: 60 },
        );
      });
    }
  }
});

describe("a fresh model", () => {
  const x = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] };
  const make = () => sequential([dense(4, { inputShape: [3], activation: "relu" }), dense(2)], { seed: 9 });
  const step = fc.oneof(
    fc.record({ kind: fc.constant("get" as const) }),
    fc.record({ kind: fc.constant("predict" as const) }),
    fc.record({ kind: fc.constant("set" as const), scale: fc.integer({ min: 2, max: 9 }) }),
    fc.record({ kind: fc.constant("wait" as const), turns: fc.integer({ min: 1, max: 20 }) }),
  );

  for (const [name, backendOf] of [
    ["js", async () => js()],
    ["wasm", () => wasm({ threads: 1 })],
  ] as const) {
    it(`gives the weights that it has between call and answer, whatever overlaps, on ${name}`, async () => {
      const backend = await backendOf();
      const drawn = (await make().getWeights()).map(({ data, shape }) => ({ data: [...data], shape }));
      const scaled = (scale: number) =>
        drawn.map(({ data, shape }) => ({ data: Float32Array.from(data, (w) => w * scale), shape }));
      const outputs = new Map<number, number[]>();
      for (let scale = 1; scale <= 9; scale++) {
        const model = make();
        model.compile({ optimizer: "sgd", loss: "meanSquaredError", backend });
        model.setWeights(scaled(scale));
        outputs.set(scale, [...(await (await model.predict(x)).data())]);
      }
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 10 }), async (steps) => {
          const model = make();
          model.compile({ optimizer: "sgd", loss: "meanSquaredError", backend });
          const scales = [1];
          const running: Promise<void>[] = [];
          for (const act of steps) {
            const since = scales.length - 1;
            if (act.kind === "wait") for (let turn = 0; turn < act.turns; turn++) await undefined;
            else if (act.kind === "set") {
              model.setWeights(scaled(act.scale));
              scales.push(act.scale);
            } else if (act.kind === "predict") {
              const check = async () => {
                const y = [...(await (await model.predict(x)).data())];
                expect(scales.slice(since).map((scale) => outputs.get(scale))).toContainEqual(y);
              };
              running.push(check());
            } else {
              const check = async () => {
                const weights = await model.getWeights();
                const possible = scales.slice(since).map(scaled);
                for (const [index, { data }] of weights.entries())
                  expect(possible.map((w) => [...(w[index]?.data ?? [])])).toContainEqual([...data]);
              };
              running.push(check());
            }
          }
          await Promise.all(running);
          const weights = (await model.getWeights()).map(({ data }) => [...data]);
          expect(weights).toEqual(scaled(scales.at(-1) as number).map(({ data }) => [...data]));
        }),
        { numRuns: 40 },
      );
    });
  }
});

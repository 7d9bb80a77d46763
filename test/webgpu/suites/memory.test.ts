// Memory that moves while work is queued: random calls on a backend, against the js backend.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { js } from "../../../src/backends/js/index.ts";
import { webgpu } from "../../../src/backends/webgpu/index.ts";
import type { Executable, HostExecutable, Storage } from "../../../src/index.ts";
import type { Program } from "../../../src/ir/program.ts";
import { runInstructions, viewOf } from "../../../src/testing/programs.ts";
import { randomOf, randomProgram } from "./memory-programs.ts";
import { makeDevice } from "./support.ts";

const device = await makeDevice();

interface Pair {
  readonly size: number;
  readonly gpu: Storage;
  readonly host: Storage;
}
interface Loaded {
  readonly program: Program;
  readonly storages: readonly Pair[];
  readonly gpu: Executable;
  readonly host: HostExecutable;
}
/** A call, and numbers that say on what. */
interface Call {
  readonly name: keyof typeof weights;
  readonly a: number;
  readonly b: number;
}

/** How often each call comes. */
const weights = { allocate: 5, write: 5, read: 4, free: 3, load: 3, run: 8, output: 3, trim: 3, wait: 2, dispose: 1 };

const call: fc.Arbitrary<Call> = fc.record({
  name: fc.constantFrom(
    ...Object.entries(weights).flatMap(([name, weight]) =>
      new Array<keyof typeof weights>(weight).fill(name as "read"),
    ),
  ),
  a: fc.nat({ max: 1000 }),
  b: fc.nat({ max: 1000 }),
});

/** A few programs for all cases, so that shaders are compiled once. */
const programs = Array.from({ length: 6 }, (_, seed) => randomProgram(seed + 1, seed % 4, 3 + 3 * seed));
const sizes = [...new Set(programs.map(({ buffers }) => buffers[0]?.size as number)), 1, 30_000];

/** As a list, without the sign of zeros. */
const listOf = (data: ArrayLike<number>): number[] => Array.from(data, (value) => value + 0);

const numbers = (size: number, seed: number): Float32Array => {
  const next = randomOf(seed);
  return Float32Array.from({ length: size }, () => next(41) - 20);
};

/** Does the calls on both backends and compares all that is read. Nothing waits but `wait` and the end. */
async function doCalls(calls: readonly Call[]): Promise<void> {
  const [gpu, host] = [await webgpu({ device }), js()];
  let storages: Pair[] = [];
  let loaded: Loaded[] = [];
  /** The one whose outputs can be read. */
  let last: Loaded | undefined;
  const pending: Promise<unknown>[] = [];
  const compare = (what: string, actual: Promise<ArrayLike<number>>, wanted: ArrayLike<number>) => {
    pending.push(actual.then((data) => expect(listOf(data), what).toEqual(listOf(wanted))));
  };
  const at = <T>(list: readonly T[], number: number): T | undefined => list[number % list.length];
  const isWhole = (it: Loaded) => it.storages.every((storage) => storages.includes(storage));
  const actions: Record<keyof typeof weights, (a: number, b: number, index: number) => unknown> = {
    allocate: (a) => {
      const spec = { size: at(sizes, a) as number, dtype: "float32" } as const;
      storages.push({ size: spec.size, gpu: gpu.allocate(spec), host: host.allocate(spec) });
    },
    write: (a, b) => {
      const storage = at(storages, a);
      if (!storage) return;
      const data = numbers(storage.size, b);
      gpu.write(storage.gpu, data);
      host.write(storage.host, data);
      data.fill(Number.NaN);
    },
    read: (a, _, index) => {
      const storage = at(storages, a);
      if (storage) compare(`call ${index}: read`, gpu.read(storage.gpu), host.readSync(storage.host));
    },
    free: (a) => {
      const storage = at(storages, a);
      if (!storage) return;
      storages = storages.filter((other) => other !== storage);
      gpu.free(storage.gpu);
      host.free(storage.host);
    },
    load: (a, b) => {
      const program = at(programs, a) as Program;
      const size = program.buffers[0]?.size as number;
      const fitting = storages.filter((storage) => storage.size === size);
      const count = program.variables.length;
      if (fitting.length < count) return;
      const start = b % Math.max(fitting.length, 1);
      const bound = [...fitting.slice(start), ...fitting.slice(0, start)].slice(0, count);
      const load = async () => {
        const executable = await gpu.load(
          program,
          bound.map((storage) => storage.gpu),
        );
        if (bound.some((storage) => !storages.includes(storage))) return executable.dispose();
        const onHost = host.load(
          program,
          bound.map((storage) => storage.host),
        );
        loaded.push({ program, storages: bound, gpu: executable, host: onHost });
      };
      pending.push(load());
    },
    run: (a, b) => {
      const it = at(loaded.filter(isWhole), a);
      if (!it) return;
      for (const [k, name] of ["x", "y"].entries()) {
        const data = numbers(it.program.buffers[0]?.size as number, b + k);
        it.gpu.input(name).write(data);
        it.host.input(name).write(data);
        data.fill(Number.NaN);
      }
      it.gpu.run();
      it.host.run();
      last = it;
    },
    output: (a, _, index) => {
      if (!last) return;
      const name = a % 2 === 0 ? "last" : "any";
      const read = last.gpu.read([name]).then((outputs) => outputs[name] as ArrayLike<number>);
      compare(`call ${index}: output`, read, last.host.readSync(name));
    },
    trim: () => gpu.trim?.(),
    wait: (a) => (a % 3 === 0 ? Promise.all(pending) : new Promise((resolve) => setTimeout(resolve, a % 8))),
    dispose: (a) => {
      const it = at(loaded, a);
      if (!it) return;
      loaded = loaded.filter((other) => other !== it);
      if (last === it) last = undefined;
      it.gpu.dispose();
      it.host.dispose();
    },
  };
  try {
    for (const [index, { name, a, b }] of calls.entries()) {
      const waiting = actions[name](a, b, index);
      if (name === "wait") await waiting;
    }
    await Promise.all(pending);
    for (const storage of storages) compare("at the end", gpu.read(storage.gpu), host.readSync(storage.host));
    await Promise.all(pending);
  } finally {
    await Promise.allSettled(pending);
    gpu.dispose();
  }
}

describe("memory", () => {
  it("random calls, with memory that moves and work that waits, give what js gives", async () => {
    await fc.assert(fc.asyncProperty(fc.array(call, { minLength: 20, maxLength: 120, size: "max" }), doCalls), {
      numRuns: Number(process.env.MEMORY_RUNS ?? 40),
    });
  }, 300_000);

  it("random programs of merged instructions give what js gives, run after run", async () => {
    const seeds = fc.integer({ min: 100, max: 2 ** 30 });
    await fc.assert(
      fc.asyncProperty(seeds, fc.nat({ max: 3 }), fc.integer({ min: 1, max: 30 }), async (seed, count, length) => {
        const program = randomProgram(seed, count, length);
        const [gpu, host] = [await webgpu({ device }), js()];
        const spec = { size: program.buffers[0]?.size as number, dtype: "float32" } as const;
        const storages = program.variables.map((_, k) => {
          const pair = { gpu: gpu.allocate(spec), host: host.allocate(spec) };
          gpu.write(pair.gpu, numbers(spec.size, seed + k));
          host.write(pair.host, numbers(spec.size, seed + k));
          return pair;
        });
        const [onGpu, onHost] = [
          await gpu.load(
            program,
            storages.map((pair) => pair.gpu),
          ),
          host.load(
            program,
            storages.map((pair) => pair.host),
          ),
        ];
        for (let run = 0; run < 2; run++) {
          for (const [k, name] of ["x", "y"].entries()) {
            const data = numbers(spec.size, seed + 7 * run + k);
            for (const executable of [onGpu, onHost]) executable.input(name).write(data);
          }
          for (const executable of [onGpu, onHost]) executable.run();
          const outputs = await onGpu.read(["last", "any"]);
          for (const name of ["last", "any"] as const)
            expect(listOf(outputs[name])).toEqual(listOf(onHost.readSync(name)));
          for (const pair of storages)
            expect(listOf(await gpu.read(pair.gpu))).toEqual(listOf(host.readSync(pair.host)));
        }
        gpu.dispose();
      }),
      { numRuns: Number(process.env.PROGRAM_RUNS ?? 12) },
    );
  }, 300_000);

  it("many rows are added by index on a device with the least workgroup memory that there is", async () => {
    expect(device.limits.maxComputeWorkgroupStorageSize).toBe(16384);
    const [rows, width, count] = [90, 64, 100];
    const arrays = [
      Int32Array.from({ length: count }, (_, i) => (i * 37) % (rows + 3)),
      numbers(count * width, 1),
      new Float32Array(rows * width),
    ];
    const [indices, updates, output] = [
      viewOf(0, [count], { dtype: "int32" }),
      viewOf(1, [count, width]),
      viewOf(2, [rows, width]),
    ];
    const instruction = { kind: "scatterAdd", rows, width, count, indices, updates, output } as const;
    const own = await webgpu({ device });
    const [actual, wanted] = [
      await runInstructions(own, arrays, [instruction]),
      await runInstructions(js(), arrays, [instruction]),
    ];
    expect(listOf(actual[2] as Float32Array)).toEqual(listOf(wanted[2] as Float32Array));
    own.dispose();
  });
});

// Conformance cases about order, asynchronous work, and the loss and the end of a backend.
import type { Backend, Executable, Storage } from "../backends/backend.ts";
import { bind, evaluate } from "../backends/evaluate.ts";
import { js } from "../backends/js/index.js";
import { compile } from "../compiler/compile.js";
import { AreteError, StateError } from "../errors.ts";
import type { TypedArray } from "../ir/dtype.ts";
import { defaultLimits } from "../ir/limits.ts";
import { add, mul, sub, where } from "../tensor/ops/index.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import type { ConformanceCase } from "./conformance.ts";
import { accumulate, double, outputOf, refuses, rejects, same } from "./contract-support.ts";

/** What the suite cannot make happen by itself. Each hook that is given adds the cases that need it. */
export interface ConformanceHooks<B extends Backend = Backend> {
  /** Another backend of this kind: the cases end it. */
  fresh?: () => B | Promise<B>;
  /**
   * Makes the backend lose its device, for this reason. Where the reason cannot be chosen, the hook gives a part of the
   * one that there is. Needs `fresh`.
   */
  lose?: (backend: B, reason: string) => unknown;
  /** Makes the next run fail on the device, after `run` has returned. Needs `fresh`. */
  failNextRun?: (backend: B) => void;
}

/** The clauses about order, about what comes later, and about the end of a backend. */
export function laterCases<B extends Backend>(backend: B, hooks: ConformanceHooks<B> = {}): ConformanceCase[] {
  const { fresh, lose, failNextRun } = hooks;
  const cases: Record<string, () => Promise<void>> = {
    "what a call was given may change as soon as it returns": async () => {
      const { total, executable, dispose } = await loaded(backend);
      const values = Float32Array.of(1, 2, 3, 4, 5);
      backend.write(total, values);
      values.fill(10);
      executable.input("features").write(values);
      executable.input("labels").write([1, 2]);
      values.fill(99);
      executable.run();
      const read = executable.read(["second"]);
      executable.input("features").write(values);
      same((await read).second, [22, 22, 22, 22, 22]);
      same(await backend.read(total), [23, 24, 25, 26, 27]);
      dispose();
    },

    "calls are done in the order in which they are made, whether or not anybody waits": async () => {
      const { total, executable, dispose } = await loaded(backend);
      const other = backend.allocate({ size: 5, dtype: "float32" });
      const reads: Promise<TypedArray>[] = [];
      for (const value of [1, 2, 3]) {
        backend.write(total, [value, value, value, value, value]);
        backend.write(other, [value, value, value, value, value]);
        executable.input("features").write([value, value, value, value, value]);
        executable.input("labels").write([value, value]);
        executable.run();
        reads.push(backend.read(total), outputOf(executable, "second"), backend.read(other));
      }
      backend.free(other);
      dispose();
      const expected = [1, 2, 3].flatMap((value) => [value + 2 * (value + 1), 2 * (value + 1), value]);
      for (const [index, data] of (await Promise.all(reads)).entries())
        same(data, new Array(5).fill(expected[index] as number));
    },

    "a program that is disposed of finishes its run, and a second time does nothing": async () => {
      const { total, executable, dispose } = await loaded(backend, [1, 1, 1, 1, 1]);
      executable.run();
      executable.dispose();
      executable.dispose();
      same(await backend.read(total), [4, 4, 4, 4, 4]);
      dispose();
    },

    "several loads may be under way at once, and one that fails changes nothing": async () => {
      const total = backend.allocate({ size: 5, dtype: "float32" });
      const [first, second] = await Promise.all([
        backend.load(accumulate, [total]),
        backend.load(double, [total]),
        rejects("a variable without storage", async () => backend.load(double, [])),
      ]);
      first.input("features").write([1, 1, 1, 1, 1]);
      first.input("labels").write([1, 2]);
      first.run();
      second.run();
      same(await outputOf(second, "doubled"), [8, 8, 8, 8, 8]);
      for (const program of [first, second]) program.dispose();
      backend.free(total);
    },

    "outputs are read in one go: those that are asked for, by name": async () => {
      const { executable, dispose } = await loaded(backend, [1, 2, 3, 4, 5]);
      executable.run();
      const [both, one, none] = await Promise.all([
        executable.read(["copied", "second"]),
        executable.read(["second"]),
        executable.read([]),
      ]);
      same(both.copied, [7, -7]);
      same(both.second, [4, 6, 8, 10, 12]);
      same(one.second, [4, 6, 8, 10, 12]);
      same([Object.keys(both).length, Object.keys(one).length, Object.keys(none).length], [2, 1, 0]);
      dispose();
    },

    "all is done when it says that it is settled": async () => {
      const { total, executable, dispose } = await loaded(backend, [1, 1, 1, 1, 1]);
      executable.run();
      await Promise.all([backend.settled?.(), backend.settled?.()]);
      same(await backend.read(total), [4, 4, 4, 4, 4]);
      dispose();
    },

    "it is not lost while all is well": async () => {
      const reason = await Promise.race([backend.lost, Promise.resolve(undefined)]);
      if (reason !== undefined) throw new AreteError(`conformance: the backend was lost. Received ${reason}.`);
    },

    "programs that are compiled for its limits give what the reference gives": async () => {
      const { operands, mapNodes, mapInputs } = { ...defaultLimits, ...backend.limits };
      if (!(operands >= 5 && mapNodes >= 1 && mapInputs >= 3))
        throw new AreteError(
          `conformance: limits must have room for every op. Received ${JSON.stringify(backend.limits)}.`,
        );
      const variables = Array.from(
        { length: 20 },
        (_, i) => new Variable([5], { initial: Float32Array.of(i, -i, 1, i % 3, 7 - i) }),
      );
      const chain = (): Tensor =>
        variables.reduce(
          (sum: Tensor, { tensor }) => where(tensor, add(sum, tensor), sub(sum, 1)),
          add(0, variables[0] as Variable),
        );
      const [wanted] = await evaluate([chain()], js());
      const [found] = await evaluate([chain()], backend);
      same(found as TypedArray, wanted as TypedArray);
      // An update that reads what it writes.
      const [first] = variables as [Variable];
      const before = [...(await first.read())];
      const graph = compile({ outputs: {}, updates: [[first, add(mul(first, first), 1)]] }, backend.limits);
      await bind(graph, backend, async (executable) => {
        executable.run();
        executable.dispose();
      });
      same(
        await first.read(),
        before.map((value) => value * value + 1),
      );
    },
  };

  if (backend.keepRows) {
    cases["an input takes rows that the backend keeps, in any order, until they are freed"] = async () => {
      const { total, executable, dispose } = await loaded(backend);
      const [rows, bytes] = await Promise.all([
        backend.keepRows?.([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], 5, "float32"),
        backend.keepRows?.(Uint8Array.of(255, 0, 7), 1, "int32"),
      ]);
      if (!rows || !bytes) throw new AreteError("conformance: there must be room for 15 kept values.");
      const [features, labels] = [executable.input("features"), executable.input("labels")];
      const take = (row: number, order?: Int32Array) => {
        same([Number(features.take?.(rows, order, row, 1)), Number(labels.take?.(bytes, undefined, 1, 2))], [1, 1]);
        executable.run();
        return executable.read(["second", "copied"]);
      };
      const found = [take(1), take(0, Int32Array.of(2, 0)), take(1, Int32Array.of(2, 0))];
      for (const [index, wanted] of [
        [14, 16, 18, 20, 22],
        [24, 26, 28, 30, 32],
        [4, 6, 8, 10, 12],
      ].entries()) {
        const { second, copied } = (await found[index]) as Awaited<ReturnType<typeof take>>;
        same(second, wanted);
        same(copied, [0, 7]);
      }
      refuses("a part of an input", () => labels.take?.(bytes, undefined, 0, 1));
      same([Number(features.take?.(bytes, undefined, 0, 5))], [0]);
      rows.free();
      rows.free();
      bytes.free();
      same([Number(features.take?.(rows, undefined, 0, 1))], [0]);
      features.write([1, 1, 1, 1, 1]);
      labels.write([3, 4]);
      executable.run();
      same(await outputOf(executable, "second"), [4, 4, 4, 4, 4]);
      same(await backend.read(total), [46, 52, 58, 64, 70]);
      dispose();
    };
  }

  if (fresh) {
    cases["a disposed backend refuses everything but to be disposed of again"] = async () => {
      const own = await fresh();
      const { total, executable } = await loaded(own);
      own.dispose();
      own.dispose();
      await isAtItsEnd(own, total, executable);
    };
  }

  if (fresh && lose) {
    cases["a lost device gives its reason, ends reads that are under way, and is named by every call"] = async () => {
      const own = await fresh();
      const { total, executable } = await loaded(own, [1, 1, 1, 1, 1]);
      executable.run();
      const reads = Promise.allSettled([own.read(total), executable.read(["second"])]);
      const wanted = "the conformance suite took it away";
      const said = lose(own, wanted);
      const reason = typeof said === "string" ? said : wanted;
      const given = await own.lost;
      if (!given?.includes(reason)) throw new AreteError(`conformance: lost must give the reason. Received ${given}.`);
      for (const read of await reads) {
        if (read.status === "rejected") isNamed(read.reason, own, reason);
        else throw new AreteError("conformance: a read that is under way must reject when the device is lost.");
      }
      await isAtItsEnd(own, total, executable, reason);
    };
  }

  if (fresh && failNextRun) {
    cases["what the device reports later is thrown once, by a later call or read; then it goes on"] = async () => {
      const own = await fresh();
      const { executable } = await loaded(own, [1, 1, 1, 1, 1]);
      failNextRun(own);
      executable.run();
      await rejects("what a failed run should have computed", async () => executable.read(["second"]));
      executable.input("features").write([1, 1, 1, 1, 1]);
      executable.run();
      same(await outputOf(executable, "second"), [4, 4, 4, 4, 4]);
      own.dispose();
    };
  }

  return Object.entries(cases).map(([rule, run]) => ({ name: `backend: ${rule}`, run }));
}

/** The program with its variable; with `features` its inputs are written. */
async function loaded(backend: Backend, features?: readonly number[]) {
  const total = backend.allocate({ size: 5, dtype: "float32" });
  const executable = await backend.load(accumulate, [total]);
  if (features) {
    executable.input("features").write(features);
    executable.input("labels").write([7, -7]);
  }
  const dispose = () => {
    executable.dispose();
    backend.free(total);
  };
  return { total, executable, dispose };
}

async function isAtItsEnd(backend: Backend, total: Storage, executable: Executable, reason = ""): Promise<void> {
  const calls: Record<string, () => unknown> = {
    allocate: () => backend.allocate({ size: 1, dtype: "float32" }),
    write: () => backend.write(total, [1, 2, 3, 4, 5]),
    read: () => backend.read(total),
    load: () => backend.load(double, [total]),
    run: () => executable.run(),
  };
  for (const [name, call] of Object.entries(calls)) {
    const error = await rejects(`${name} after the end`, call);
    isNamed(error, backend, reason);
  }
  executable.dispose();
  backend.free(total);
  backend.dispose();
  refuses("running after all", () => executable.run());
}

/** Throws unless it is a StateError that names the backend and the reason. */
function isNamed(error: unknown, { name }: Backend, reason: string): void {
  const text = String(error);
  if (error instanceof StateError && text.includes(name.split(" ")[0] as string) && text.includes(reason)) return;
  throw new AreteError(
    `conformance: the error must be a StateError that names the backend and the reason. Received ${text}.`,
  );
}

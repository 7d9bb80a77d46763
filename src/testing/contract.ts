// Conformance cases of the backend contract that every backend passes at once.
import { type Backend, isHostBackend, type Storage } from "../backends/backend.ts";
import { divide } from "../backends/divide.ts";
import type { ConformanceCase } from "./conformance.ts";
import { accumulate, double, outputOf, refuses, rejects, same } from "./contract-support.ts";

/** The cases of the plugin contract: storages, ports, programs that share variables, errors. */
export function contractCases(backend: Backend): ConformanceCase[] {
  const withTotal = async (use: (total: Storage) => Promise<void>): Promise<void> => {
    const total = backend.allocate({ size: 5, dtype: "float32" });
    try {
      await use(total);
    } finally {
      backend.free(total);
    }
  };
  const steps: Record<string, (total: Storage) => Promise<void>> = {
    "a new storage holds zeros": async (total) => same(await backend.read(total), [0, 0, 0, 0, 0]),

    "a new storage holds zeros where freed memory is used again": async (total) => {
      // Some backends take memory when a program is loaded.
      const placed = async () => (await backend.load(double, [total])).dispose();
      for (const size of [100, 300, 1000, 3000, 10_000]) {
        const [former, other] = [size, size].map((count) => backend.allocate({ size: count, dtype: "float32" }));
        await placed();
        for (const storage of [former, other] as Storage[]) {
          backend.write(storage, new Float32Array(size).fill(9));
          backend.free(storage);
        }
        const next = backend.allocate({ size: 5 * size, dtype: "float32" });
        await placed();
        same(await backend.read(next), new Float32Array(5 * size));
        backend.write(next, new Float32Array(5 * size).fill(9));
        backend.free(next);
      }
    },

    "a storage takes any array and a read is a copy": async (total) => {
      backend.write(total, Uint8Array.of(1, 2, 3, 4, 5));
      (await backend.read(total)).fill(9);
      same(await backend.read(total), [1, 2, 3, 4, 5]);
      backend.write(total, [0.5, -1, 2, 3, 4]);
      same(await backend.read(total), [0.5, -1, 2, 3, 4]);
    },

    "int32 storages keep integers exactly": async () => {
      const storage = backend.allocate({ size: 2, dtype: "int32" });
      backend.write(storage, [2147483647, -2147483648]);
      same(await backend.read(storage), Int32Array.of(2147483647, -2147483648));
      backend.free(storage);
    },

    "variables outlive runs, inputs enter and outputs leave": async (total) => {
      const executable = await backend.load(accumulate, [total]);
      for (const [round, expected] of [4, 10, 18].entries()) {
        executable.input("features").write(new Float32Array(5).fill(round + 1));
        executable.input("labels").write([round, -round]);
        executable.run();
        same((await executable.read(["second"])).second, new Array(5).fill(2 * (round + 2)));
        same((await executable.read(["copied"])).copied, [round, -round]);
        same(await backend.read(total), new Array(5).fill(expected));
      }
      executable.dispose();
      same(await backend.read(total), [18, 18, 18, 18, 18]);
    },

    "a program divided into its instructions does what it does whole": async () => {
      const { whole, parts, storages, inputs, dispose } = await divide(accumulate, [[5, 5, 5, 5, 5]], backend);
      for (const program of [whole, inputs]) {
        program.input("features").write([1, 2, 3, 4, 5]);
        program.input("labels").write([7, -7]);
        program.run();
      }
      for (const part of parts) part.run();
      const read = (buffer: number) => backend.read(storages[buffer] as Storage);
      same(await read(3), [4, 6, 8, 10, 12]);
      same(await read(6), [7, -7]);
      // The variable, after the whole and the parts.
      same(await read(4), [13, 17, 21, 25, 29]);
      dispose();
    },

    "programs share variables": async (total) => {
      const [first, second] = [await backend.load(accumulate, [total]), await backend.load(double, [total])];
      for (const expected of [8, 16]) {
        first.input("features").write([1, 1, 1, 1, 1]);
        first.run();
        second.run();
        same((await second.read(["doubled"])).doubled, new Array(5).fill(expected));
      }
      first.dispose();
      second.run();
      same((await second.read(["doubled"])).doubled, [16, 16, 16, 16, 16]);
      second.dispose();
    },

    "reads that begin in the tick of a run give what it gave, whatever runs next": async (total) => {
      const [first, second] = [await backend.load(accumulate, [total]), await backend.load(double, [total])];
      const reads = [];
      for (const value of [1, 2]) {
        first.input("features").write(new Float32Array(5).fill(value));
        first.input("labels").write([value, -value]);
        first.run();
        reads.push(outputOf(first, "second"), outputOf(first, "copied"), backend.read(total));
        second.run();
        reads.push(outputOf(second, "doubled"));
      }
      const filled = (value: number) => new Array<number>(5).fill(value);
      const expected = [filled(4), [1, -1], filled(4), filled(8), filled(6), [2, -2], filled(10), filled(20)];
      for (const [index, data] of (await Promise.all(reads)).entries()) same(data, expected[index] as number[]);
      first.dispose();
      second.dispose();
    },

    "what cannot be had is refused, and changes nothing": async (total) => {
      backend.write(total, [1, 2, 3, 4, 5]);
      const executable = await backend.load(double, [total]);
      refuses("a storage beyond any memory", () => backend.allocate({ size: 2 ** 50, dtype: "float32" }));
      executable.run();
      same((await executable.read(["doubled"])).doubled, [2, 4, 6, 8, 10]);
      executable.dispose();
    },

    "a program whose variables were freed is refused": async () => {
      const storage = backend.allocate({ size: 5, dtype: "float32" });
      const executable = await backend.load(double, [storage]);
      backend.free(storage);
      refuses("running on freed memory", () => executable.run());
      executable.dispose();
    },

    "inputs take parts of a source at any place": async (total) => {
      const executable = await backend.load(accumulate, [total]);
      const port = executable.input("features");
      same([port.size], [5]);
      port.write([9, 9, 0, 1, 2, 3, 4, 9], 2);
      port.write(Float32Array.of(7, 8), 0, 2, 1);
      port.write(Int32Array.of(6, 5), 1, 1, 4);
      executable.run();
      same((await executable.read(["second"])).second, [2, 16, 18, 8, 12]);
      executable.dispose();
    },

    "what does not fit is refused": async (total) => {
      const executable = await backend.load(accumulate, [total]);
      const port = executable.input("features");
      refuses("an unknown input", () => executable.input("feature"));
      await rejects("an unknown output", () => executable.read(["loss"]));
      refuses("a source that is too short", () => port.write([1, 2]));
      refuses("a range beyond the source", () => port.write([1, 2, 3, 4, 5], 3, 3));
      refuses("a range beyond the input", () => port.write([1, 2, 3], 0, 3, 3));
      refuses("a variable written in part", () => backend.write(total, [1, 2, 3]));
      await rejects("a variable without storage", () => backend.load(accumulate, []));
      executable.dispose();
      refuses("running what was disposed of", () => executable.run());
      same(await backend.read(total), [0, 0, 0, 0, 0]);
    },
  };
  if (isHostBackend(backend)) {
    const host = backend;
    steps["a host backend reads without waiting"] = async (total) => {
      const executable = await host.load(accumulate, [total]);
      executable.input("features").write([1, 2, 3, 4, 5]);
      executable.run();
      same(executable.readSync("second"), [4, 6, 8, 10, 12]);
      same(host.readSync(total), [4, 6, 8, 10, 12]);
      executable.dispose();
    };
  }
  return Object.entries(steps).map(([rule, step]) => ({ name: `backend: ${rule}`, run: () => withTotal(step) }));
}

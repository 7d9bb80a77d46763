// The js backend: every program in plain JavaScript, in float32 or, as the reference of tests, in float64.
import { stateError, valueError } from "../../errors.ts";
import { hide, type Printed, printed } from "../../format.ts";
import type { NumericArray, TypedArray } from "../../ir/dtype.ts";
import { defaultLimits } from "../../ir/limits.ts";
import type { Program } from "../../ir/program.ts";
import { checkOptions } from "../../options.ts";
import type { HostBackend, HostExecutable, Storage, StorageSpec } from "../backend.ts";
import { JsExecutable } from "./executable.ts";
import { Memory, newArray, type Precision } from "./memory.ts";

/** Options of {@link js}. */
export interface JsOptions {
  /** What float32 buffers are computed and kept in. Default "float32"; "float64" is the reference for tests. */
  precision?: Precision;
}

/** The js backend: it loads programs at once. */
export interface JsBackend extends HostBackend {
  load(program: Program, storages: readonly Storage[]): HostExecutable;
}

/** A variable's memory: an array; none once freed. */
interface JsStorage extends Storage {
  array: TypedArray | undefined;
}

/**
 * The reference backend, in plain TypeScript: what every other backend is held against, and the fallback where there is
 * no WASM SIMD. Sums are kept in float64 whatever the precision; every other result is rounded to it.
 * @example const reference = js({ precision: "float64" });
 */
export function js(options: JsOptions = {}): JsBackend {
  const { precision = "float32" } = checkOptions("js", options, { precision: "string" });
  if (precision !== "float32" && precision !== "float64") {
    throw valueError("js", {
      rule: "precision must be known",
      expected: '"float32" or "float64"',
      received: precision,
    });
  }
  let disposed = false;
  const backend: JsBackend = {
    name: precision === "float64" ? "js (float64)" : "js",

    limits: defaultLimits,

    get disposed() {
      return disposed;
    },

    load(program, storages) {
      check();
      return new JsExecutable(
        program,
        new Memory(program, bind(program, storages), precision),
        storages as readonly JsStorage[],
      );
    },

    allocate({ size, dtype }: StorageSpec): JsStorage {
      check();
      return { backend, size, dtype, array: newArray(size, dtype, precision) };
    },

    write(storage, data: NumericArray) {
      const array = arrayOf(storage);
      if (data.length !== array.length) {
        throw valueError("js backend", {
          rule: "a variable is written as a whole",
          expected: `${array.length} values`,
          received: data.length,
        });
      }
      array.set(data);
    },

    read: async (storage) => arrayOf(storage).slice(),

    readSync: (storage) => arrayOf(storage).slice(),

    free(storage) {
      if (disposed) return;
      arrayOf(storage);
      (storage as JsStorage).array = undefined;
    },

    // Arrays go with the last reference to them.
    dispose() {
      disposed = true;
    },
  };

  function check(): void {
    if (!disposed) return;
    throw stateError("js backend", {
      rule: "a disposed backend cannot be used",
      expected: "a backend in use",
      received: "one that was disposed of",
      advice: "Make another.",
    });
  }

  function arrayOf(storage: Storage): TypedArray {
    check();
    if (storage.backend !== backend) {
      throw valueError("js backend", {
        rule: "a storage belongs to the backend that allocated it",
        expected: backend.name,
        received: storage.backend.name,
      });
    }
    const { array } = storage as JsStorage;
    if (!array)
      throw stateError("js backend", {
        rule: "a freed storage cannot be used",
        expected: "a storage in use",
        received: "one that was freed",
      });
    return array;
  }

  function bind({ variables, buffers }: Program, storages: readonly Storage[]): TypedArray[] {
    if (storages.length !== variables.length) {
      throw valueError("js backend", {
        rule: "one storage per variable",
        expected: `${variables.length} storages`,
        received: storages.length,
      });
    }
    return variables.map((buffer, index) => {
      const storage = storages[index] as Storage;
      const spec = buffers[buffer] as StorageSpec & { name?: string };
      if (storage.size !== spec.size || storage.dtype !== spec.dtype) {
        throw valueError("js backend", {
          rule: "a storage must fit its variable",
          expected: `${spec.size} of ${spec.dtype}`,
          received: `${storage.size} of ${storage.dtype}`,
          context: `variable "${spec.name ?? index}"`,
        });
      }
      return arrayOf(storage);
    });
  }

  return printed(hide(backend, "toJSON", () => ({ kind: "backend", name: backend.name })) as JsBackend & Printed);
}

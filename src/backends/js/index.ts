// The js backend: every program in plain JavaScript, in float32 or, as the reference of tests, in float64.
import { stateError, valueError } from "../../errors.ts";
import { hide, type Printed, printed } from "../../format.ts";
import type { NumericArray, TypedArray } from "../../ir/dtype.ts";
import { defaultLimits } from "../../ir/limits.ts";
import type { Program } from "../../ir/program.ts";
import { checkOptions } from "../../options.ts";
import type { HostBackend, HostExecutable, Storage, StorageSpec } from "../backend.ts";
import { bindStorages } from "../storages.ts";
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
      const bound = bindStorages("js backend", program, storages, held);
      const arrays = bound.map(({ array }) => array);
      return new JsExecutable(program, new Memory(program, arrays, precision), bound);
    },

    allocate({ size, dtype }: StorageSpec): JsStorage {
      check();
      return { backend, size, dtype, array: newArray(size, dtype, precision) };
    },

    write(storage, data: NumericArray) {
      const { array } = held(storage);
      if (data.length !== array.length) {
        throw valueError("js backend", {
          rule: "a variable is written as a whole",
          expected: `${array.length} values`,
          received: data.length,
        });
      }
      array.set(data);
    },

    read: async (storage) => held(storage).array.slice(),

    readSync: (storage) => held(storage).array.slice(),

    free(storage) {
      if (disposed) return;
      held(storage);
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

  function held(storage: Storage): JsStorage & { readonly array: TypedArray } {
    check();
    if (storage.backend !== backend) {
      throw valueError("js backend", {
        rule: "a storage belongs to the backend that allocated it",
        expected: backend.name,
        received: storage.backend.name,
      });
    }
    const own = storage as JsStorage & { readonly array: TypedArray };
    if (!own.array)
      throw stateError("js backend", {
        rule: "a freed storage cannot be used",
        expected: "a storage in use",
        received: "one that was freed",
      });
    return own;
  }

  return printed(hide(backend, "toJSON", () => ({ kind: "backend", name: backend.name })) as JsBackend & Printed);
}

import type { DType, NumericArray, TypedArray } from "../ir/dtype.ts";
import type { Limits } from "../ir/limits.ts";
import type { Program } from "../ir/program.ts";

/**
 * What runs programs: the contract that a backend fulfils. A backend is a value, not a registration
 * (`model.compile({ backend })`); the conformance suite in `aretejs/testing` tests each clause. docs/backends.md is the
 * guide for writing one.
 *
 * Order of work. The backend does its work in the order of the calls, as a queue does: a read gives what was
 * there when it was called, after all that was called before it and before all that was called after. `write`, `run`,
 * `allocate` and `free` return at once and may only hand over; nothing waits for them but reads and `settled`.
 *
 * Errors. What can be checked at once is thrown at once, as an `AreteError`, before anything is changed. What the
 * device reports later (no memory, a shader that does not compile, a kernel that failed) is thrown or rejected by the
 * next call on the backend, once, as an `AreteError` that names the instruction or the program that failed; what the
 * program should have computed is undefined then, and the backend goes on.
 */
export interface Backend {
  /** In messages. */
  readonly name: string;
  /** What programs for this backend must keep to; what it leaves out is as in `defaultLimits`. */
  readonly limits?: Partial<Limits>;
  /** Whether `dispose` was called. The values of variables that were there are lost. */
  readonly disposed?: boolean;
  /**
   * Fulfilled with the reason, in words, when the device is lost; it stays pending as long as all is well, also after
   * `dispose`, and never rejects. From then on every call on the backend throws, and every read under way rejects, with
   * a `StateError` that names the backend and the reason; `free` and `dispose` (also of programs) do nothing. The
   * values of variables that were there are lost, as after `dispose`: they say so until new values are assigned, and if
   * it was the default backend the next use makes another. Backends whose device cannot be lost go without.
   */
  readonly lost?: Promise<string>;
  /**
   * Binds a program to this backend: once bound it runs many times. `storages` belong to `program.variables`, in order.
   * Where temporaries and inputs lie is the backend's decision; `planArena` makes a good one.
   *
   * Gives a promise where kernels have to be compiled or fetched. Several loads may be under way at once, and all else
   * goes on meanwhile. Where it throws or rejects, all other programs and storages are as before.
   * @throws OutOfMemoryError, as `allocate` does, so that the caller can free memory and try again.
   */
  load(program: Program, storages: readonly Storage[]): Executable | Promise<Executable>;
  /** Persistent memory for one variable, zero at first. @throws OutOfMemoryError where there is none. */
  allocate(spec: StorageSpec): Storage;
  /** Replaces all values of a storage; `data` may change as soon as this returns. */
  write(storage: Storage, data: NumericArray): void;
  /** A copy of the values at the time of the call. */
  read(storage: Storage): Promise<TypedArray>;
  /** Gives the memory back. Programs that use the storage refuse to run from then on. */
  free(storage: Storage): void;
  /**
   * Fulfilled when all that was handed over so far is done; rejects with what failed, as any other call. A backend
   * whose `run` returns before the work is done must have it: training keeps no more than a few steps under way with
   * it, and `profile` waits for it. Backends that work while the caller waits (wasm, js) go without.
   */
  settled?(): Promise<void>;
  /**
   * Puts the rows of an array where programs read them again and again (`InputPort.take`): they are handed over once
   * and not batch by batch. For backends with memory of their own. Fulfilled when the rows are there, and the array may
   * change; with undefined where there is no room for them.
   * @param width values of a row.
   * @param dtype of the inputs that take them.
   */
  keepRows?(data: NumericArray, width: number, dtype: DType): Promise<KeptRows | undefined>;
  /** Frees working memory that no loaded program needs; says whether there was any. Asked where memory is short. */
  trim?(): boolean;
  /** Gives up everything that the backend holds, the values of variables included. A second call does nothing. */
  dispose(): void;
}

/** A backend whose memory the host can read at once: wasm and js. */
export interface HostBackend extends Backend {
  readSync(storage: Storage): TypedArray;
  load(program: Program, storages: readonly Storage[]): HostExecutable | Promise<HostExecutable>;
}

/** What a variable needs of a backend. */
export interface StorageSpec {
  /** Elements. */
  readonly size: number;
  readonly dtype: DType;
}

/** Rows of an array that a backend keeps: see `Backend.keepRows`. It may free them where memory is short. */
export interface KeptRows {
  readonly backend: Backend;
  /** Gives the memory back. A second call does nothing. */
  free(): void;
}

/** A variable's memory. Backends extend it with what they need (an address, an array, a GPU buffer). */
export interface Storage extends StorageSpec {
  readonly backend: Backend;
}

/**
 * A program bound to a backend. All programs of a backend may share working memory, so what a run leaves there (inputs
 * and outputs) is valid until the next run of any program on the backend, and until an input is written.
 */
export interface Executable {
  /**
   * Runs every instruction once, on the inputs written before. It may return before the work is done. Afterwards each
   * updated variable has its new value, and each output can be read.
   */
  run(): void;
  /** Where a run's data go in. @throws ValueError for a name that the program does not have. */
  input(name: string): InputPort;
  /**
   * Copies of these outputs of the run before, all in one go: a GPU copies them to one staging buffer. What is read is
   * decided when this is called, so begin the read in the same tick as `run()`, and only then wait.
   */
  read<Name extends string>(names: readonly Name[]): Promise<Record<Name, TypedArray>>;
  /**
   * Runs once, and gives the milliseconds that each instruction took by the device's clock: for profiles. Backends
   * without it are timed by the host, with a program for each instruction.
   */
  timings?(): Promise<readonly number[]>;
  /** Frees what `load` reserved; then it cannot run. Variables stay. A second call does nothing. */
  dispose(): void;
}

/** A program whose results can be read without waiting. */
export interface HostExecutable extends Executable {
  /** A copy of one output of the run before. */
  readSync(name: string): TypedArray;
}

/**
 * An input of a program. Inputs do not outlive a run: write each, as a whole, before every run.
 *
 * A batch comes in many writes (one a row, where samples are shuffled) and must not cost a transfer each: a backend
 * with memory of its own collects them on the host, and `run` hands over all inputs in one copy. `planArena` puts them
 * side by side for that (`groupInputs`).
 */
export interface InputPort {
  /** Elements. */
  readonly size: number;
  readonly dtype: DType;
  /**
   * Copies `length` values (default: as many as the input holds) from `source[sourceOffset…]` to
   * `input[targetOffset…]`, without garbage; `source` may change as soon as this returns.
   */
  write(source: NumericArray, sourceOffset?: number, length?: number, targetOffset?: number): void;
  /**
   * In place of `write`: the next run reads its input from rows that the backend keeps, those of the numbers
   * `order[start…start + count]` or, without an order, from row `start` on. Says whether it can: not where the rows
   * were freed, or are another backend's.
   */
  take?(rows: KeptRows, order: Int32Array | undefined, start: number, count: number): boolean;
}

/** Whether results can be read without waiting. */
export const isHostExecutable = (executable: Executable): executable is HostExecutable => "readSync" in executable;

/** Whether variables can be read without waiting. */
export function isHostBackend(backend: Backend): backend is HostBackend {
  return "readSync" in backend;
}

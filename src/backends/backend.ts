import type { DType, NumericArray, TypedArray } from "../ir/dtype.ts";
import type { Program } from "../ir/program.ts";

/**
 * What runs programs: the plugin contract. A backend is a value, not a registration; prove a new one with the
 * conformance suite in `aretejs/testing`.
 */
export interface Backend {
  readonly name: string;
  /**
   * Whether `dispose` was called. The values of variables that were there are lost; the default backend is replaced.
   */
  readonly disposed?: boolean;
  /**
   * Binds a program to this backend: once bound it runs many times. `storages` belong to `program.variables`, in order.
   * It may give a promise, where kernels have to be compiled or fetched. Where it throws or rejects, all other programs
   * and storages are as before. @throws OutOfMemoryError, as `allocate` does, so that callers can free memory and try
   * again.
   */
  load(program: Program, storages: readonly Storage[]): Executable | Promise<Executable>;
  /** Persistent memory for one variable, zero at first. */
  allocate(spec: StorageSpec): Storage;
  write(storage: Storage, data: NumericArray): void;
  /** A copy of the values at the time of the call. */
  read(storage: Storage): Promise<TypedArray>;
  free(storage: Storage): void;
  /**
   * Fulfilled when all that was handed over so far is done. Backends whose `run` returns before the work is done must
   * have it: loops use it to keep no more than a few steps under way.
   */
  settled?(): Promise<void>;
  /** Frees working memory that no loaded program needs; says whether there was any. Asked where memory is short. */
  trim?(): boolean;
  /** Gives up everything that the backend holds, the values of variables included. */
  dispose(): void;
}

/** A backend whose memory the host can read at once: wasm and js. */
export interface HostBackend extends Backend {
  readSync(storage: Storage): TypedArray;
  load(program: Program, storages: readonly Storage[]): HostExecutable | Promise<HostExecutable>;
}

/** What a variable needs of a backend. */
export interface StorageSpec {
  readonly size: number;
  readonly dtype: DType;
}

/** A variable's memory. Backends extend it with what they need (an address, an array, a GPU buffer). */
export interface Storage extends StorageSpec {
  readonly backend: Backend;
}

/** A program bound to a backend. Only one runs at a time per backend, and all share its scratch memory. */
export interface Executable {
  /** Runs every instruction once. GPU backends only submit; `read` waits. */
  run(): void;
  /**
   * Runs once, and gives the milliseconds that each instruction took by the device's clock: for profiles. Backends
   * without it are timed by the host, with a program for each instruction.
   */
  timings?(): Promise<readonly number[]>;
  input(name: string): InputPort;
  output(name: string): OutputPort;
  /** Frees what `load` reserved. The variables stay. */
  dispose(): void;
}

/** A program whose results can be read without waiting. */
export interface HostExecutable extends Executable {
  output(name: string): HostOutputPort;
}

/** Where a run's data go in. Inputs do not outlive a run: write each before every run. */
export interface InputPort {
  readonly size: number;
  readonly dtype: DType;
  /**
   * Copies `length` values (default: as many as the input holds) from `source[sourceOffset…]` to
   * `input[targetOffset…]`, without garbage.
   */
  write(source: NumericArray, sourceOffset?: number, length?: number, targetOffset?: number): void;
}

/**
 * Where a run's results come out; valid until the next run of any program on the backend. So begin all reads in the
 * same tick as `run()`, and only then wait for them. A backend copies, or queues the copy, when `read()` is called.
 */
export interface OutputPort {
  readonly size: number;
  read(): Promise<TypedArray>;
}

/** An output that can be read without waiting. */
export interface HostOutputPort extends OutputPort {
  readSync(): TypedArray;
}

/** Whether results can be read without waiting. */
export function isHostBackend(backend: Backend): backend is HostBackend {
  return "readSync" in backend;
}

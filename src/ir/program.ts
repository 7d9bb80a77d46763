import type { DType, TypedArray } from "./dtype.ts";
import type { Instruction } from "./instruction.ts";
import type { BufferId, View } from "./view.ts";

/**
 * What a buffer is for. A variable has storage that outlives the run; a constant its data; temporaries and inputs lie
 * where the backend puts them (see `planArena`).
 */
export type BufferKind = "temporary" | "input" | "constant" | "variable";

/** One buffer of a program. */
export interface BufferSpec {
  readonly kind: BufferKind;
  readonly dtype: DType;
  /** Elements. */
  readonly size: number;
  /** Inputs and variables: their names, for printing and errors. */
  readonly name?: string;
  /** Constants: their data. */
  readonly data?: TypedArray;
}

/** A compiled graph: plain data that can be printed, compared, sent to a worker. */
export interface Program {
  readonly buffers: readonly BufferSpec[];
  readonly instructions: readonly Instruction[];
  /** Contiguous views by input name. */
  readonly inputs: Readonly<Record<string, View>>;
  /** Contiguous views by output name. They stay valid until the next run of any program on the backend. */
  readonly outputs: Readonly<Record<string, View>>;
  /** Buffer ids of the variables, in the order in which `Backend.load` takes their storages. */
  readonly variables: readonly BufferId[];
}

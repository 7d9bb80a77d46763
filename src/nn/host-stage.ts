// What a network asks of layers that work on the host, such as those that take strings. Types only: the code comes with
// such a layer (`layers/host`), so that models without one do not carry it.
import type { HostArray } from "../data/array.ts";
import type { DType } from "../ir/dtype.ts";
import type { Network } from "./network.ts";
import type { Application, SymbolicTensor } from "./symbolic.ts";

/** Where the recorded part of a network begins: an input of numbers, or an output of a layer that works on the host. */
export type Start = SymbolicTensor & { readonly dtype: DType };

/** The part of a network that is computed on the host, before there are batches. */
export interface HostStage {
  readonly starts: readonly Start[];
  /** The uses of layers that are recorded, those in networks inside which have a stage themselves among them. */
  readonly recorded: readonly Application[];
  /** The data for an input, given its number. Those of strings are arrays of strings, with the methods of arrays. */
  read(name: string, given: unknown, input: number): HostArray;
  /** Arrays for the starts, from those for the inputs, which have the inputs' shapes. */
  encode(columns: readonly HostArray[]): HostArray[];
  /** Uses the network in another one, whose host stage this one becomes a part of. */
  applyTo(inputs: unknown): SymbolicTensor[];
}

/** A layer's method that makes the stage of a network which has such layers. */
export type StageMaker = (
  network: Network,
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
  applications: readonly Application[],
) => HostStage;

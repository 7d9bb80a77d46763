/**
 * What the backend needs beside the rest module (assembly/rest.ts): where its kernels are in the table of functions,
 * the writers of their records, and the lowering of convolutions. Loaded together with the module, when a program first
 * needs it.
 */
import type { Instruction } from "../../ir/instruction.ts";
import type { Program } from "../../ir/program.ts";
import { firstRest, restHashes, restOperations } from "./generated/rest-slots.ts";
import { lowerConvolutions } from "./lower-convolutions.ts";
import { slotsOf } from "./map-record.ts";
import type { Records } from "./record-table.ts";
import { restRecords } from "./records-rest.ts";
import { isWinograd, winogradRecords } from "./winograd-record.ts";

/** What is loaded with the rest module. */
export interface Rest {
  /** Gives convolutions the padding and the strides that the kernels take; other programs stay as they are. */
  lower(program: Program): Program;
  /** The table that an instruction's record is in. */
  recordsFor(instruction: Instruction): Partial<Records>;
  /** Places of fused kernels by the hashes of their keys. */
  readonly fused: ReadonlyMap<string, number>;
  /** Operations of the interpreter. */
  readonly operations: Readonly<Record<string, number>>;
}

export const rest: Rest = {
  recordsFor: (instruction) => (isWinograd(instruction) ? winogradRecords : restRecords),
  fused: slotsOf(restHashes, firstRest),
  operations: restOperations,
  lower: lowerConvolutions,
};

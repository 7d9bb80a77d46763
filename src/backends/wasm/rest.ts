/**
 * What the backend needs beside the rest module (assembly/rest.ts): where its kernels are in the table of functions, and
 * the writers of their records. Loaded together with the module, when a program first needs it.
 */
import { firstRest, restHashes, restOperations } from "./generated/rest-slots.ts";
import { slotsOf } from "./map-record.ts";
import type { Records, RestKind } from "./record-table.ts";
import { restRecords } from "./records-rest.ts";

/** Records, places of fused kernels by the hashes of their keys, and operations of the interpreter. */
export interface Rest {
  readonly records: Records<RestKind>;
  readonly fused: ReadonlyMap<string, number>;
  readonly operations: Readonly<Record<string, number>>;
}

export const rest: Rest = {
  records: restRecords,
  fused: slotsOf(restHashes, firstRest),
  operations: restOperations,
};

import type { Instruction } from "../../ir/instruction.ts";
import type { Records } from "./record-table.ts";
import type { RecordWriter } from "./record-writer.ts";
import { coreRecords } from "./records-core.ts";
import type { Rest } from "./rest.ts";

/**
 * Flags in a record's header, as in assembly/execute.ts: threads must meet before the instruction; thread 0 does it
 * alone.
 */
export const Flag = { waits: 1, alone: 2 } as const;

/** Appends the record of an instruction that has something to do: header and words. */
export function writeRecord(instruction: Instruction, flags: number, writer: RecordWriter): void {
  const { kind } = instruction;
  const records: Partial<Records> = kind in coreRecords ? coreRecords : (writer.rest as Rest).recordsFor(instruction);
  // The table pairs each kind with its own instruction; TypeScript cannot follow the pairing through an index.
  const [kernel, write] = records[kind] as unknown as Records<"copy", Instruction & { kind: "copy" }>["copy"];
  const start = writer.address;
  const set = writer.fields({ kernel, size: 0, flags, unused: 0 });
  write(instruction as never, writer);
  writer.align();
  writer.releaseScratch();
  set("size", writer.address - start);
}

import { type Instruction, isEmpty } from "../../ir/instruction.ts";
import type { LoopInstruction } from "../../ir/instructions/loop.ts";
import { atStep } from "../../ir/loop-steps.ts";
import { Barriers } from "./barriers.ts";
import { RecordWriter } from "./record-writer.ts";
import { Flag, writeRecord } from "./records.ts";
import { minDividedNs, workOf } from "./work.ts";

/** Words of a cache line: threads write in their own lines only. */
const line = 16;

/**
 * Writes the record of assembly/loop.ts, behind it the records of the body for each thread, and the words of these that
 * move. They are those that differ between the records of the first and the second step.
 */
export function writeLoop({ steps, body }: LoopInstruction, writer: RecordWriter): void {
  const { placement } = writer;
  const instructions = body.filter((instruction) => !isEmpty(instruction));
  const { eager, interpret, rest, threadLimit } = placement.backend;
  const alone = instructions.map((instruction) => !eager && workOf(instruction) < minDividedNs);
  const isAlone = alone.every(Boolean);
  // Threads meet before each step: it reads what the step before has written.
  const barriers = new Barriers((view) => writer.addressOf(view));
  const flags = instructions.map((instruction, index) => {
    const waits = barriers.next(instruction, alone[index] === true) || index === 0;
    return (waits ? Flag.waits : 0) | (alone[index] ? Flag.alone : 0);
  });
  const recordsAt = (step: number, base: number): number[] => {
    // Loops in the body run on the copy of their thread as it is.
    const inner = new RecordWriter({ ...placement, base, backend: { eager, interpret, rest, threadLimit: 1 } });
    instructions.forEach((instruction: Instruction, index) => {
      writeRecord(atStep(instruction, step), flags[index] as number, inner);
    });
    while (inner.words.length % line !== 0) inner.words.push(0);
    writer.scratchBytes = Math.max(writer.scratchBytes, inner.scratchBytes);
    return inner.words;
  };

  const set = writer.fields({
    steps,
    alone: Number(isAlone),
    count: instructions.length,
    body: 0,
    stride: 0,
    moves: 0,
    table: 0,
  });
  while (writer.words.length % line !== 0) writer.word(0);
  set("body", writer.address);
  const first = recordsAt(0, writer.address);
  const second = recordsAt(1, writer.address);
  const copies = isAlone ? 1 : threadLimit;
  if (copies > 1) set("stride", first.length * 4);
  for (let copy = 0; copy < copies; copy++)
    for (const word of copy === 0 ? first : recordsAt(0, writer.address)) writer.word(word);
  set("table", writer.address);
  let moves = 0;
  first.forEach((word, index) => {
    const advance = (second[index] as number) - word;
    if (advance === 0) return;
    writer.fields({ place: index * 4, first: word, advance });
    moves++;
  });
  set("moves", moves);
}

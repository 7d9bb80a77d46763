/**
 * Loops: the records of a body are run again and again. What moves from step to step are addresses in these records, so
 * each thread has a copy of them, which it changes between steps.
 */
import { executeRecords } from "./core-imports";

@unmanaged
class Loop {
  steps: i32;
  /** Whether there is so little work in each instruction that thread 0 does all of it. */
  alone: i32;
  /** The records of thread 0: how many, and where. */
  count: i32;
  body: usize;
  /** Bytes from the records of a thread to those of the next one. */
  stride: usize;
  /** Words that move: how many, and where `Move`s of them are. */
  moves: i32;
  table: usize;
}

/** A word of the records: bytes from their start, its value at the first step, and what is added at each step. */
@unmanaged
class Move {
  place: usize;
  first: i32;
  advance: i32;
}

export function loop(record: usize, thread: i32, threads: i32): void {
  const r = changetype<Loop>(record);
  if (r.alone) {
    if (thread != 0) return;
    threads = 1;
  }
  const body = r.body + thread * r.stride;
  const end = r.table + r.moves * offsetof<Move>();
  for (let move = r.table; move < end; move += offsetof<Move>()) {
    const m = changetype<Move>(move);
    store<i32>(body + m.place, m.first);
  }
  for (let step = r.steps; step > 0 && executeRecords(body, r.count, thread, threads); --step) {
    for (let move = r.table; move < end; move += offsetof<Move>()) {
      const m = changetype<Move>(move);
      const word = body + m.place;
      store<i32>(word, load<i32>(word) + m.advance);
    }
  }
}

/**
 * Runs a program: one call from the host does every instruction. A program is a row of records, each a header and the
 * words that its kernel reads (the class at the top of the kernel's file; src/backends/wasm/records.ts writes them).
 * Kernels of both modules are called through the table of functions that they share.
 */
import {
  barrier, countOf, countWorker, joinNext, programOf, publish, setThread, strideOf, threadsOf,
} from "./threads";

@unmanaged
class Header {
  /** Place in the table of functions. */
  kernel: i32;
  /** Bytes to the next header. */
  size: i32;
  /** WAITS, ALONE. */
  flags: i32;
  unused: i32;
}

/** A flag: the instruction needs what other threads have done since the last barrier, or writes what they read. */
const WAITS: i32 = 1;
/** A flag: so little work that thread 0 does all of it. */
const ALONE: i32 = 2;

/** The control block of the program that runs, or 0. */
let control: usize = 0;

/**
 * Runs `count` instructions as thread `thread` of `threads`, each of which has `stride` bytes of scratch memory. With a
 * control block (not 0) it waits for the others where an instruction must, and at the end; false where one of them has
 * failed.
 */
export function execute(program: usize, count: i32, thread: i32, threads: i32, stride: usize, block: usize): bool {
  setThread(thread, stride);
  control = block;
  return executeRecords(program, count, thread, threads) && (block == 0 || barrier(block, thread, threads));
}

/** Runs `count` instructions within a program: all of them, or those of a loop. False where a thread has failed. */
export function executeRecords(program: usize, count: i32, thread: i32, threads: i32): bool {
  const meets = control != 0 && threads > 1;
  for (; count > 0; --count) {
    const header = changetype<Header>(program);
    const flags = header.flags;
    if (meets && (flags & WAITS) != 0 && !barrier(control, thread, threads)) return false;
    if ((flags & ALONE) == 0) call_indirect<void>(header.kernel, program + offsetof<Header>(), thread, threads);
    else if (thread == 0) call_indirect<void>(header.kernel, program + offsetof<Header>(), 0, 1);
    program += header.size;
  }
  return true;
}

/**
 * Runs a program with all workers that join it within so many turns of a loop. Gives the number of threads; 0 where one
 * of them has failed.
 */
export function executeTogether(program: usize, count: i32, stride: usize, control: usize, turns: i32): i32 {
  const threads = publish(control, program, count, stride, turns);
  return execute(program, count, 0, threads, stride, control) ? threads : 0;
}

/** For a worker: does its share of program after program, until it is to end or a thread has failed. */
export function work(control: usize): void {
  countWorker(control);
  for (let thread = joinNext(control); thread != 0; thread = joinNext(control)) {
    if (!execute(programOf(control), countOf(control), thread, threadsOf(control), strideOf(control), control)) return;
  }
}

/** Whether matrix products are those of relaxed SIMD, whose bits depend on the CPU. */
export function isRelaxed(): bool {
  return ASC_FEATURE_RELAXED_SIMD;
}

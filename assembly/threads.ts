/**
 * Threads: instances of the core module on one shared memory run a program together, each its share of every
 * instruction. The host's instance is thread 0; a worker spends its life in one call of `work` (execute.ts). What they
 * agree on lies in a control block of shared memory.
 *
 * Bits do not depend on how many take part. So nobody waits for a worker that does not come: a worker that joins before
 * the host closes a program to newcomers does a share of it; one that is late tries again with the next program.
 */

/** A word that changes, and how many sleep until it does; on a cache line of its own. */
@unmanaged
class Signal {
  value: i32;
  sleepers: i32;
}

// Offsets in the control block, zero at first; src/backends/wasm/start-worker.ts repeats those that the host uses.

/** Signal: the number of programs so far. Workers between programs wait here. */
const TURN: usize = 0;
/** How many threads have joined the program, the host's included; plus OPEN while workers may join. */
const JOINED: usize = 64;
/** How many threads have arrived at the barrier. */
const ARRIVED: usize = 128;
/** Signal: the number of barriers passed. */
const PHASE: usize = 192;
/** Not 0: a thread failed, and nobody may wait at a barrier any more. */
const FAILED: usize = 256;
/** Not 0: workers are to end. */
const STOPPED: usize = 260;
/** Workers that are ready. */
const ALIVE: usize = 264;
/** Whether the host's thread may sleep: a browser's main thread may not. */
const HOST_SLEEPS: usize = 268;
/** Tenths of a second that the host waits at a barrier before it gives the others up. */
const PATIENCE: usize = 272;
/** The program: its address, how many instructions, and bytes of scratch memory per thread. */
const PROGRAM: usize = 320;
const COUNT: usize = 324;
const STRIDE: usize = 328;

const OPEN: i32 = 1 << 16;

/**
 * Turns of a loop before a sleep: some 160 microseconds. That is more than waking up takes, so that a thread that was
 * woken late does not find the others asleep at the next barrier, and more than the host needs between two training
 * steps.
 */
const SPINS: i32 = 1 << 18;
/** Turns that take a tenth of a second or so. */
const TENTH: i32 = 1 << 27;
const TENTH_NANOSECONDS: i64 = 100_000_000;

/** Bytes from thread 0's scratch memory to this thread's. */
let scratchOffset: usize = 0;

/** This thread's scratch memory, from the address in a record. */
export function ownScratch(address: usize): usize {
  return address + scratchOffset;
}

/** Tells this instance which thread it is: `stride` bytes of scratch memory belong to each. */
export function setThread(thread: i32, stride: usize): void {
  scratchOffset = thread * stride;
}

@inline
function get(control: usize, word: usize): i32 {
  return atomic.load<i32>(control + word);
}

/** Changes the word of a signal and wakes all that sleep on it. */
function raise(signal: usize): void {
  atomic.add<i32>(signal, 1);
  if (atomic.load<i32>(signal, offsetof<Signal>("sleepers")) > 0) atomic.notify(signal, -1);
}

/**
 * Waits until the word of a signal is no longer `old`: false where `patience` (tenths of a second; below 0: endless)
 * ran out first.
 */
function waitForChange(signal: usize, old: i32, maySleep: bool, patience: i32): bool {
  for (let i = SPINS; i > 0; --i) if (atomic.load<i32>(signal) != old) return true;
  if (maySleep) {
    atomic.add<i32>(signal, 1, offsetof<Signal>("sleepers"));
    for (; atomic.load<i32>(signal) == old && patience != 0; patience -= i32(patience > 0)) {
      atomic.wait<i32>(signal, old, patience < 0 ? -1 : TENTH_NANOSECONDS);
    }
    atomic.sub<i32>(signal, 1, offsetof<Signal>("sleepers"));
  } else {
    for (; patience != 0; --patience) for (let i = TENTH; i > 0; --i) if (atomic.load<i32>(signal) != old) return true;
  }
  return atomic.load<i32>(signal) != old;
}

/** Waits until all `threads` have called this. False, from then on, where one failed or does not come. */
export function barrier(control: usize, thread: i32, threads: i32): bool {
  // In this order: a thread that fails sets FAILED before it changes the phase.
  const phase = get(control, PHASE);
  if (get(control, FAILED) != 0) return false;
  if (atomic.add<i32>(control + ARRIVED, 1) + 1 == threads) {
    atomic.store<i32>(control + ARRIVED, 0);
    raise(control + PHASE);
    return true;
  }
  const isHost = thread == 0;
  const maySleep = !isHost || get(control, HOST_SLEEPS) != 0;
  if (!waitForChange(control + PHASE, phase, maySleep, isHost ? get(control, PATIENCE) : -1)) {
    atomic.store<i32>(control + FAILED, 1);
  }
  return get(control, FAILED) == 0;
}

/**
 * For the host: publishes a program and lets workers join it, for so many turns of a loop at most. Gives the number of
 * threads that run it.
 */
export function publish(control: usize, program: usize, count: i32, stride: usize, turns: i32): i32 {
  store<usize>(control + PROGRAM, program);
  store<i32>(control + COUNT, count);
  store<usize>(control + STRIDE, stride);
  atomic.store<i32>(control + JOINED, OPEN | 1);
  raise(control + TURN);
  const all = OPEN | (get(control, ALIVE) + 1);
  for (let i = turns; i > 0 && get(control, JOINED) != all; --i) {}
  return atomic.and<i32>(control + JOINED, ~OPEN) & ~OPEN;
}

/** For a worker, once: counts it among those that are ready. */
export function countWorker(control: usize): void {
  atomic.add<i32>(control + ALIVE, 1);
}

/** The last program that this worker has seen published. */
let turn: i32 = 0;

/** For a worker: waits for a program that it can join. Gives its number as a thread of it, or 0 where it is to end. */
export function joinNext(control: usize): i32 {
  while (get(control, STOPPED) == 0) {
    const thread = tryJoin(control);
    if (thread != 0) {
      while (get(control, JOINED) & OPEN) {}
      return thread;
    }
    waitForChange(control + TURN, turn, true, -1);
    turn = get(control, TURN);
  }
  return 0;
}

/** Joins the program if it is open: the number of this thread; else 0. */
function tryJoin(control: usize): i32 {
  let joined = get(control, JOINED);
  while (joined & OPEN) {
    const found = atomic.cmpxchg<i32>(control + JOINED, joined, joined + 1);
    if (found == joined) return joined & ~OPEN;
    joined = found;
  }
  return 0;
}

/** What the host has published, for threads that have joined. */
@inline export function threadsOf(control: usize): i32 { return get(control, JOINED); }
@inline export function programOf(control: usize): usize { return load<usize>(control + PROGRAM); }
@inline export function countOf(control: usize): i32 { return load<i32>(control + COUNT); }
@inline export function strideOf(control: usize): usize { return load<usize>(control + STRIDE); }

/**
 * Threads: instances of this module on one shared memory run a program together, each its share of every instruction.
 * The host's instance is thread 0; a worker's life is one call of `work`. What they agree on lies in a control block of
 * shared memory.
 *
 * Bits do not depend on how many take part. So nobody waits for a worker that does not come: whoever takes a seat
 * before the host closes the entrance has a share of the program, whoever is late has none, and tries again with the
 * next.
 */

/** A word that changes and how many sleep until it does; on a cache line of its own. */
@unmanaged
class Gate {
  value: i32;
  sleepers: i32;
}

// Offsets in the control block, zero at first; src/backends/wasm/pool.ts repeats those that the host uses.

/** Gate: the number of programs so far. Workers between programs wait here. */
const TURN: usize = 0;
/** While OPEN is set workers may take a seat: the number of seats taken, the host's included. */
const SEATS: usize = 64;
/** How many have arrived at the barrier. */
const ARRIVED: usize = 128;
/** Gate: the number of barriers passed. */
const PHASE: usize = 192;
/** Not 0: somebody failed, and no barrier is to be waited at any more. */
const FAILED: usize = 256;
/** Not 0: workers are to end. */
const STOPPED: usize = 260;
/** Workers that are there. */
const ALIVE: usize = 264;
/** Whether the host's thread may sleep: a browser's main thread may not. */
const HOST_SLEEPS: usize = 268;
/** Tenths of a second that the host waits at a barrier before it takes the others for dead. */
const PATIENCE: usize = 272;
/** The program: its address, how many instructions, and scratch memory per thread. */
const PROGRAM: usize = 320;
const COUNT: usize = 324;
const STRIDE: usize = 328;

const OPEN: i32 = 1 << 16;

/**
 * Turns of a loop before a sleep: some 160 microseconds. That is more than waking up takes, so that who was woken late
 * does not find the others asleep at the next barrier, and more than the host needs from one training step to the next.
 */
const SPINS: i32 = 1 << 18;
/** Turns that take a tenth of a second or so. */
const TENTH: i32 = 1 << 27;
const TENTH_NANOSECONDS: i64 = 100_000_000;

/** Where this thread's scratch memory lies from where thread 0's does. */
let scratchOffset: usize = 0;

/** This thread's scratch memory, from the address in a record. */
@inline
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

/** Changes the word of a gate and wakes whoever sleeps there. */
function open(gate: usize): void {
  atomic.add<i32>(gate, 1);
  if (atomic.load<i32>(gate, offsetof<Gate>("sleepers")) > 0) atomic.notify(gate, -1);
}

/**
 * Waits until the word of a gate is no longer `old`: false where `patience` (tenths of a second; below 0: endless) ran
 * out first.
 */
function waitAt(gate: usize, old: i32, maySleep: bool, patience: i32): bool {
  for (let i = SPINS; i > 0; --i) if (atomic.load<i32>(gate) != old) return true;
  if (maySleep) {
    atomic.add<i32>(gate, 1, offsetof<Gate>("sleepers"));
    for (; atomic.load<i32>(gate) == old && patience != 0; patience -= i32(patience > 0)) {
      atomic.wait<i32>(gate, old, patience < 0 ? -1 : TENTH_NANOSECONDS);
    }
    atomic.sub<i32>(gate, 1, offsetof<Gate>("sleepers"));
  } else {
    for (; patience != 0; --patience) for (let i = TENTH; i > 0; --i) if (atomic.load<i32>(gate) != old) return true;
  }
  return atomic.load<i32>(gate) != old;
}

/** Waits until all `threads` have come here. False where one never will. */
export function barrier(control: usize, thread: i32, threads: i32): bool {
  // In this order: who fails sets the mark before it changes the phase.
  const phase = get(control, PHASE);
  if (get(control, FAILED) != 0) return false;
  if (atomic.add<i32>(control + ARRIVED, 1) + 1 == threads) {
    atomic.store<i32>(control + ARRIVED, 0);
    open(control + PHASE);
    return true;
  }
  const isHost = thread == 0;
  const came = waitAt(control + PHASE, phase, !isHost || get(control, HOST_SLEEPS) != 0, isHost ? get(control, PATIENCE) : -1);
  return came && get(control, FAILED) == 0;
}

/**
 * For the host: publishes a program and lets workers in, for so many turns of a loop at most. Gives the number of
 * threads that run it.
 */
export function gather(control: usize, program: usize, count: i32, stride: usize, turns: i32): i32 {
  store<usize>(control + PROGRAM, program);
  store<i32>(control + COUNT, count);
  store<usize>(control + STRIDE, stride);
  atomic.store<i32>(control + SEATS, OPEN | 1);
  open(control + TURN);
  const all = OPEN | (get(control, ALIVE) + 1);
  for (let i = turns; i > 0 && get(control, SEATS) != all; --i) {}
  return atomic.and<i32>(control + SEATS, ~OPEN) & ~OPEN;
}

/** For a worker, once: it is there. */
export function enter(control: usize): void {
  atomic.add<i32>(control + ALIVE, 1);
}

/** The last program that this worker has seen published. */
let turn: i32 = 0;

/** For a worker: waits for a program and a seat in it. Gives its thread, or 0 where it is to end. */
export function nextSeat(control: usize): i32 {
  while (get(control, STOPPED) == 0) {
    const thread = takeSeat(control);
    if (thread != 0) {
      while (get(control, SEATS) & OPEN) {}
      return thread;
    }
    waitAt(control + TURN, turn, true, -1);
    turn = get(control, TURN);
  }
  return 0;
}

/** A seat, if the entrance is open; else 0. */
function takeSeat(control: usize): i32 {
  let seats = get(control, SEATS);
  while (seats & OPEN) {
    const found = atomic.cmpxchg<i32>(control + SEATS, seats, seats + 1);
    if (found == seats) return seats & ~OPEN;
    seats = found;
  }
  return 0;
}

/** What the host has published, for whoever has a seat. */
@inline export function threadsOf(control: usize): i32 { return get(control, SEATS); }
@inline export function programOf(control: usize): usize { return load<usize>(control + PROGRAM); }
@inline export function countOf(control: usize): i32 { return load<i32>(control + COUNT); }
@inline export function strideOf(control: usize): usize { return load<usize>(control + STRIDE); }

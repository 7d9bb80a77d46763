// Times that all workers of a job agree on, in milliseconds.

/** Between two heartbeats. */
export const heartbeatEvery = 1000;
/** Without a heartbeat a worker counts as dead after this time. */
export const deadAfter = 3000;
/** More than this a worker's ticks being late does not count. */
export const maxLateness = 2500;
/** So long a worker may be silent that has joined, or begins a generation, before its first update. */
export const startAllowance = 10_000;
/** So many times `stepTimeout` others wait for a worker that says that it is between steps. */
export const busyFactor = 10;
/** How often a worker looks whether there is something to do. */
export const tickEvery = 250;
/** When what is missing is asked for first; each further time waits twice as long, at most {@link askAtMost}. */
export const askAfter = 300;
export const askAtMost = 2000;

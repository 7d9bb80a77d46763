// What the page and the worker tell each other.

/** To the worker: points to fit, and for how many epochs. */
export interface Task {
  readonly points: readonly Point[];
  readonly epochs: number;
}

/** From the worker: how far it is, and the curve so far; or what went wrong. */
export type Answer =
  | { readonly epoch: number; readonly loss: number; readonly curve: readonly Point[] }
  | { readonly error: string };

/** Both between −1 and 1. */
export type Point = readonly [x: number, y: number];

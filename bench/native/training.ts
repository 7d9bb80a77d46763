// A network of the race as a user trains it, in any runtime.
import type { Backend } from "../../src/index.ts";
import type { Race } from "./networks.ts";

/** One call of `fit`. */
export interface Epoch {
  readonly ms: number;
  readonly loss: number;
}

/** The most that losses may be apart: each side adds in its own order, and 100 steps carry that on. */
export const tolerance = 5e-3;

/** How far apart the losses of two sides are, relative to them, in the worst of some epochs. */
export const lossesApart = (epochs: readonly (readonly [Epoch, Epoch])[]): number =>
  Math.max(...epochs.map(([one, other]) => Math.abs(one.loss / other.loss - 1)));

/** The model, compiled, and its data, which are the same in each run. */
export class Training {
  readonly model;
  readonly x: { readonly data: Float32Array; readonly shape: readonly number[] };
  readonly y: Int32Array | Float32Array;

  constructor(
    private readonly race: Race,
    backend: Backend,
  ) {
    const { inputShape, classes, batchSize, steps } = race;
    const rows = steps * batchSize;
    const count = rows * inputShape.reduce((size, extent) => size * extent, 1);
    this.x = { data: Float32Array.from({ length: count }, numbers(1)), shape: [rows, ...inputShape] };
    const choose = numbers(2);
    this.y =
      classes > 0
        ? Int32Array.from({ length: rows }, () => Math.floor(((choose() + 1) / 2) * classes))
        : Float32Array.from({ length: rows }, choose);
    this.model = race.make();
    this.model.compile({
      optimizer: race.optimizer(),
      loss: classes > 0 ? "sparseCategoricalCrossentropy" : "meanSquaredError",
      backend,
    });
  }

  /** Trains for an epoch. */
  async fit(): Promise<Epoch> {
    const start = performance.now();
    const { batchSize } = this.race;
    const history = await this.model.fit(this.x, this.y, { batchSize, shuffle: false, verbose: 0 });
    return { ms: performance.now() - start, loss: history.history.loss?.[0] ?? Number.NaN };
  }
}

/** Numbers in [−1, 1) that are the same in each run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
}

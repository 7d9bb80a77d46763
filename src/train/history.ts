import { Printed, short, show } from "../format.ts";
import type { HistoryPlotOptions } from "../plot/history-on-demand.ts";
import type { Plot } from "../plot/plot.ts";
import type { Callback } from "./callback.ts";
import type { Logs } from "./step-runner.ts";

/** The result of `fit`: the epochs that were run and what was reported in each. */
export class History extends Printed {
  /** Epoch numbers, from 0. */
  readonly epoch: number[] = [];
  /** A list per loss and metric, one number per epoch: `loss`, `accuracy`, `val_loss`, `learning_rate`, … */
  history: { [name: string]: number[]; loss: number[] } = { loss: [] };

  /**
   * @param seed the seed of the run: shuffling and random layers can be repeated with it, even where it was drawn. The
   * order of the samples follows from it and the number of epochs since `compile`; see `seed` and `initialEpoch` of
   * `fit`.
   */
  constructor(readonly seed: number) {
    super();
  }

  /** Notes one epoch. */
  add(epoch: number, logs: Logs): void {
    this.epoch.push(epoch);
    for (const [name, value] of Object.entries(logs)) {
      // A computed key is a property of its own, whatever it is called: a metric may be "constructor" or "__proto__".
      if (!Object.hasOwn(this.history, name)) this.history = { ...this.history, [name]: [] };
      (this.history[name] as number[]).push(value);
    }
  }

  /** `History of 3 epochs, the last { loss: 0.21, accuracy: 0.92 }`. */
  override toString(): string {
    const last = Object.entries(this.history).map(([name, values]) => [
      name,
      Number(short(values.at(-1) ?? Number.NaN)),
    ]);
    return `History of ${this.epoch.length} ${this.epoch.length === 1 ? "epoch" : "epochs"}, the last ${show(Object.fromEntries(last))}`;
  }

  override toJSON(): object {
    return { ...this };
  }

  /**
   * The curves as a picture; see `plotHistory` of `aretejs/plot`, which is loaded for it. `console.log` of the picture
   * shows them as text, and a notebook of Deno shows the picture, also of the history itself.
   * @example await history.plot({ file: "curves.svg" }); console.log(await history.plot());
   */
  async plot(options?: HistoryPlotOptions): Promise<Plot> {
    return (await import("../plot/history-on-demand.ts")).historyPlot(this, options);
  }

  /** What Deno's notebooks show. */
  async [Symbol.for("Jupyter.display")](): Promise<unknown> {
    return (await this.plot()).display();
  }

  /** The callback that fills this history. */
  get recorder(): Callback {
    return { onEpochEnd: (epoch, logs) => this.add(epoch, logs) };
  }
}

// Curves over the epochs and histograms of the layers, as SVG by aretejs/plot.
import { type Plot, plotHistograms, plotHistory } from "aretejs/plot";
import type { EpochScores, LayerValues } from "../messages.ts";
import { colorsNow } from "./colors.ts";
import { element } from "./dom.ts";

/** Epochs that are kept; beyond, every second one is dropped. */
const mostEpochs = 1000;

/** The reported epochs of a run, thinned out where there are many. */
export class Curve {
  private epochs: EpochScores[] = [];
  private stride = 1;

  clear(): void {
    this.epochs = [];
    this.stride = 1;
  }

  add(epochs: readonly EpochScores[]): void {
    for (const scores of epochs) if (scores.epoch % this.stride === 0) this.epochs.push(scores);
    while (this.epochs.length > mostEpochs) {
      this.stride *= 2;
      this.epochs = this.epochs.filter(({ epoch }) => epoch % this.stride === 0);
    }
  }

  get isEmpty(): boolean {
    return this.epochs.length === 0;
  }

  /** As `fit` would give it. */
  get history() {
    const of = (name: Exclude<keyof EpochScores, "epoch">) => this.epochs.map((scores) => scores[name]);
    return {
      epoch: this.epochs.map(({ epoch }) => epoch - 1),
      history: {
        loss: of("loss"),
        val_loss: of("valLoss"),
        accuracy: of("accuracy"),
        val_accuracy: of("valAccuracy"),
      },
    };
  }
}

/** A place for a chart, as wide as the page lets it be. */
export class ChartFrame {
  readonly root = element("div", { class: "pg-chart" });
  private draw: ((width: number, theme: "light" | "dark") => Plot) | undefined;
  private width = 0;

  constructor(private readonly hint: string) {
    new ResizeObserver(([entry]) => {
      const width = Math.round(entry?.contentRect.width ?? 0);
      if (width === this.width) return;
      this.width = width;
      this.paint();
    }).observe(this.root);
    this.paint();
  }

  set(draw: ((width: number, theme: "light" | "dark") => Plot) | undefined): void {
    this.draw = draw;
    this.paint();
  }

  paint(): void {
    if (!this.draw || this.width < 200) {
      this.root.replaceChildren(element("p", { class: "pg-note" }, this.hint));
      return;
    }
    // The library escapes the texts of its pictures.
    this.root.innerHTML = this.draw(this.width, colorsNow().isDark ? "dark" : "light").svg;
  }
}

export const curves =
  (curve: Curve) =>
  (width: number, theme: "light" | "dark"): Plot =>
    plotHistory(curve.history, { title: "", width, theme, height: 150 });

/** Three histograms of a layer: weights, activations, gradients. */
export const histograms =
  ({ weights, activations, gradients }: LayerValues) =>
  (width: number, theme: "light" | "dark"): Plot =>
    plotHistograms({ weights, activations, gradients }, { title: "", width, theme, height: 120, bins: 24 });

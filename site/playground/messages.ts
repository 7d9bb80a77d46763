// What the page and its worker say to each other.
import type { Settings } from "./settings.ts";

/** From the page. Whatever follows a `setup` is about its run. */
export type Order =
  | {
      readonly type: "setup";
      readonly run: number;
      readonly settings: Settings;
      /** Address of the images. */
      readonly images: string;
      /** Least milliseconds between two snapshots while it trains. */
      readonly interval: number;
    }
  | { readonly type: "speed"; readonly speed: Settings["speed"] }
  /** "seen": the page has drawn the last snapshot, and can take another. */
  | { readonly type: "seen" | "start" | "pause" | "step" | "epoch" };

/** Losses and accuracies of the whole data, without dropout. */
export interface Scores {
  readonly loss: number;
  readonly accuracy: number;
  readonly valLoss: number;
  readonly valAccuracy: number;
}

/** What `fit` reported of an epoch, counted from 1, and the learning rate of its last step. */
export interface EpochScores extends Scores {
  readonly epoch: number;
  readonly rate: number;
}

/** The values of one layer. */
export interface LayerValues {
  readonly name: string;
  readonly weights: Float32Array;
  /** What it gives for training samples. */
  readonly activations: Float32Array;
  /** Of the loss with respect to its weights. */
  readonly gradients: Float32Array;
}

/** How many units of a hidden layer are shown: the first ones. */
export const shownUnits = 8;

/** The plane as the network sees it: a byte for each point of a grid, row by row from the top. */
export interface Surfaces {
  /** Points of a side. */
  readonly side: number;
  /** The probability of class 1, from 0 to 255. */
  readonly output: Uint8Array;
  /** The first `shownUnits` units of each hidden layer: 128 is 0, and the largest value of the unit is 0 or 255. */
  readonly units: readonly (readonly Uint8Array[])[];
}

/** A validation image with what the network takes it for. */
export interface Prediction {
  /** [28 · 28] shades, 0 to 255. */
  readonly pixels: Uint8Array;
  readonly label: number;
  readonly predicted: number;
  readonly probability: number;
}

export interface ImageView {
  readonly predictions: readonly Prediction[];
  /** Weights from the pixels to the first units, as bytes of 28 × 28 images; none where the layer sees no pixels. */
  readonly filters: readonly Uint8Array[];
}

/** The network at one moment. */
export interface Snapshot {
  readonly step: number;
  /** Epochs completed. */
  readonly epoch: number;
  readonly stepsPerEpoch: number;
  readonly stepsPerSecond: number | undefined;
  readonly rate: number;
  readonly scores: Scores;
  /** Epochs since the last snapshot. */
  readonly epochs: readonly EpochScores[];
  readonly parameters: number;
  readonly surfaces: Surfaces | undefined;
  readonly images: ImageView | undefined;
  /** Now and then, as it takes a while. */
  readonly layers: readonly LayerValues[] | undefined;
}

/** What `diagnose` of aretejs says. */
export interface DiagnosisReport {
  /** The step at which the network was looked at. */
  readonly step: number;
  readonly findings: readonly {
    readonly severity: "error" | "warning" | "caution";
    readonly message: string;
    readonly advice: string;
    readonly layer: string | undefined;
  }[];
}

/** From the worker. */
export type Report =
  | { readonly type: "snapshot"; readonly run: number; readonly snapshot: Snapshot }
  | { readonly type: "diagnosis"; readonly run: number; readonly diagnosis: DiagnosisReport }
  | { readonly type: "ready" | "paused"; readonly run: number }
  | { readonly type: "no-webgpu" | "error"; readonly run: number; readonly message: string };

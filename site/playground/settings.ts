// Everything that can be set in the playground: choices, defaults, and the hash of the address that holds them.
import { decodePoints, encodePoints, type LabelledPoint } from "./points-code.ts";

/** A setting that is one of a few values. */
export interface Choice {
  readonly label: string;
  /** Value and label of each. */
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly initial: string;
}

/** Options whose labels are their values. */
const same = <const T extends readonly (number | string)[]>(...values: T) =>
  values.map((value) => [String(value), String(value)] as [value: `${T[number]}`, label: string]);
const strengths = [["0", "none"] as const, ...same("0.0001", "0.0003", "0.001", "0.003", "0.01", "0.03", "0.1")];

export const choices = {
  data: {
    label: "Data set",
    initial: "circles",
    options: [
      ["circles", "Circles"],
      ["xor", "Exclusive or"],
      ["gaussians", "Two clusters"],
      ["spiral", "Spirals"],
      ["drawn", "Your own points"],
      ["fashion", "Fashion-MNIST"],
    ],
  },
  noise: { label: "Noise", initial: "0.1", options: same(0, 0.05, 0.1, 0.2, 0.3, 0.5) },
  samples: { label: "Points", initial: "300", options: same(50, 100, 200, 300, 500, 1000) },
  scale: {
    label: "Input scale",
    initial: "1",
    options: [
      ["1", "normalized"],
      ["10", "10 times too large"],
      ["100", "100 times too large"],
    ],
  },
  features: {
    label: "First layers",
    initial: "flat",
    options: [
      ["flat", "pixels only"],
      ["convolution", "convolution and pooling"],
    ],
  },
  activation: {
    label: "Activation",
    initial: "tanh",
    options: same("relu", "leakyRelu", "elu", "selu", "gelu", "silu", "tanh", "sigmoid", "softplus", "linear"),
  },
  initializer: {
    label: "Initialization",
    initial: "glorotUniform",
    options: [
      ...same("glorotUniform", "glorotNormal", "heUniform", "heNormal", "lecunNormal", "orthogonal"),
      ["small", "normal, 0.01"],
      ["large", "normal, 2"],
      ["zeros", "zeros"],
    ],
  },
  normalization: {
    label: "Batch normalization",
    initial: "off",
    options: [
      ["off", "off"],
      ["on", "on"],
    ],
  },
  optimizer: {
    label: "Optimizer",
    initial: "adam",
    options: [
      ["sgd", "SGD"],
      ["momentum", "SGD, momentum 0.9"],
      ["nesterov", "SGD, Nesterov 0.9"],
      ["adagrad", "Adagrad"],
      ["rmsprop", "RMSprop"],
      ["adam", "Adam"],
      ["adamW", "AdamW, decay 0.01"],
      ["nadam", "Nadam"],
    ],
  },
  rate: {
    label: "Learning rate",
    initial: "0.01",
    options: same("0.0001", "0.0003", "0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "1", "3", "10"),
  },
  schedule: {
    label: "Schedule",
    initial: "constant",
    options: [
      ["constant", "constant"],
      ["exponential", "exponential decay"],
      ["cosine", "cosine decay"],
      ["steps", "steps down by 10"],
      ["oneCycle", "1cycle"],
    ],
  },
  epochs: { label: "Epochs of the schedule", initial: "200", options: same(20, 50, 100, 200, 500, 1000) },
  batch: { label: "Batch size", initial: "32", options: same(1, 2, 4, 8, 16, 32, 64, 128, 256) },
  l1: { label: "L1 penalty", initial: "0", options: strengths },
  l2: { label: "L2 penalty", initial: "0", options: strengths },
  dropout: { label: "Dropout", initial: "0", options: [["0", "none"], ...same(0.1, 0.2, 0.3, 0.5, 0.7)] },
  maxNorm: { label: "Max-norm", initial: "0", options: [["0", "none"], ...same(0.5, 1, 2, 3, 4)] },
  clip: {
    label: "Gradient clipping",
    initial: "none",
    options: [
      ["none", "none"],
      ["norm0.1", "norm of each, 0.1"],
      ["norm1", "norm of each, 1"],
      ["global1", "global norm, 1"],
      ["value0.1", "values, 0.1"],
      ["value0.5", "values, 0.5"],
    ],
  },
  /** Does not change what is learned. */
  speed: {
    label: "Speed",
    initial: "medium",
    options: [
      ["slow", "slow"],
      ["medium", "medium"],
      ["full", "full"],
    ],
  },
  backend: {
    label: "Trains on",
    initial: "wasm",
    options: [
      ["wasm", "WASM"],
      ["webgpu", "WebGPU"],
    ],
  },
} as const satisfies Readonly<Record<string, Choice>>;

export type ChoiceName = keyof typeof choices;
export type ValueOf<K extends ChoiceName> = (typeof choices)[K]["options"][number][0];

/** All that decides a training run. */
export type Settings = { [K in ChoiceName]: ValueOf<K> } & {
  /** Units of each hidden layer. */
  layers: readonly number[];
  seed: number;
  /** The points of the data set "drawn". */
  points: readonly LabelledPoint[];
};

export const maxLayers = 6;
export const maxUnits = 64;
export const maxPoints = 400;
const maxSeed = 2 ** 31 - 1;
export const choiceNames = Object.keys(choices) as ChoiceName[];

export function defaults(): Settings {
  const chosen = Object.fromEntries(choiceNames.map((name) => [name, choices[name].initial]));
  return { ...(chosen as Pick<Settings, ChoiceName>), layers: [8, 4], seed: 1, points: [] };
}

/** The hash for settings: only what differs from the defaults, in a fixed order. */
export function toHash(settings: Settings): string {
  const usual = defaults();
  const parts = new URLSearchParams();
  for (const name of choiceNames) if (settings[name] !== usual[name]) parts.set(name, settings[name]);
  const layers = settings.layers.join("-");
  if (layers !== usual.layers.join("-")) parts.set("layers", layers || "none");
  if (settings.seed !== usual.seed) parts.set("seed", String(settings.seed));
  if (settings.points.length > 0) parts.set("points", encodePoints(settings.points));
  return parts.toString();
}

/**
 * The settings of a hash. Each part that cannot be read keeps its default, and is named in `ignored`; so an address
 * that was cut or is of another version still opens.
 */
export function fromHash(hash: string): { settings: Settings; ignored: string[] } {
  const settings = defaults();
  const ignored: string[] = [];
  for (const [name, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
    if (!read(settings, name, value)) ignored.push(name.slice(0, 30));
  }
  return { settings, ignored };
}

/** Whether the part could be read; then it is set. */
function read(settings: Settings, name: string, value: string): boolean {
  if (name === "layers") return readLayers(settings, value);
  if (name === "seed") {
    const seed = checkedSeed(value);
    if (seed !== undefined) settings.seed = seed;
    return seed !== undefined;
  }
  if (name === "points") {
    const points = decodePoints(value);
    if (points && points.length <= maxPoints) settings.points = points;
    return points !== undefined && points.length <= maxPoints;
  }
  if (!Object.hasOwn(choices, name)) return false;
  return choose(settings, name as ChoiceName, value);
}

function readLayers(settings: Settings, value: string): boolean {
  if (!/^(none|\d{1,3}(-\d{1,3})*)$/.test(value)) return false;
  const layers = value === "none" ? [] : value.split("-").map(Number);
  if (layers.length > maxLayers || layers.some((units) => units < 1 || units > maxUnits)) return false;
  settings.layers = layers;
  return true;
}

/** A seed from text: an integer from 0 to 2³¹ − 1. */
export function checkedSeed(text: string): number | undefined {
  const seed = Number(text);
  return /^\d{1,10}$/.test(text.trim()) && seed <= maxSeed ? seed : undefined;
}

/** Sets a choice by its text. Gives whether there is such an option. */
export function choose(settings: Settings, name: ChoiceName, value: string): boolean {
  const isKnown = choices[name].options.some(([known]) => known === value);
  if (isKnown) Object.assign(settings, { [name]: value });
  return isKnown;
}

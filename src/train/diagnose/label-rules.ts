// Findings about a loss that does not go with the labels, or with the activation of the output.
import type { Finding } from "./finding.ts";
import { figure } from "./finding.ts";
import { familyOf, type OutputFacts, spreadOf, takesLogits } from "./output-facts.ts";

/** What does not fit together at each output. */
export function fitFindings(outputs: readonly OutputFacts[]): Finding[] {
  return outputs.flatMap((facts) => [...labelsAgainstLoss(facts), ...activationAgainstLoss(facts)]);
}

/** Whether labels look like one class number per sample. */
const areWhole = (labels: Float64Array): boolean => labels.every((label) => Number.isInteger(label));

function labelsAgainstLoss(facts: OutputFacts): Finding[] {
  const { loss, labels, labelShape, shape } = facts;
  if (labels.length === 0) return [];
  const classes = shape.at(-1) ?? 1;
  const { min, max } = spreadOf(labels);
  const misfit = (message: string, advice: string, confidence = 1): Finding[] => [
    {
      kind: "labelsDoNotFit",
      severity: "error",
      layer: facts.name,
      confidence,
      message: `the labels of "${facts.name}" do not fit ${loss.name}: ${message}`,
      advice,
      evidence: { min, max, classes, labels: `[${labelShape.join(", ")}]`, predictions: `[${shape.join(", ")}]` },
    },
  ];
  const family = familyOf(loss);
  const hasClassAxis = labelShape.length === shape.length && labelShape.at(-1) === classes && classes > 1;
  const isSingle = labelShape.length < shape.length || (labelShape.at(-1) === 1 && classes > 1);
  if (family === "sparse") {
    if (hasClassAxis)
      return misfit(
        "they have an axis of classes, as one-hot labels do, and the loss takes class numbers",
        'Use loss: "categoricalCrossentropy", or give class numbers, [samples].',
      );
    const { ignoreClass } = loss.labels ?? {};
    const counted = labels.filter((label) => label !== ignoreClass);
    if (!areWhole(counted))
      return misfit(
        `they are no whole numbers (${figure(min)} to ${figure(max)})`,
        'Class numbers are 0, 1, 2, …; for numbers to be predicted use loss: "meanSquaredError" and an output without softmax.',
      );
    if (counted.some((label) => label < 0 || label >= classes)) {
      const fromOne = min === 1 && max === classes;
      return misfit(
        `they go from ${min} to ${max}, and the output has ${classes} units`,
        fromOne
          ? "Classes are numbered from 0: subtract 1."
          : min < 0
            ? `Classes are numbered from 0: add ${-min}; or leave samples out by losses.sparseCategoricalCrossentropy({ ignoreClass: ${min} }).`
            : `The last layer needs a unit for each class: dense(${Math.max(2, max + 1)}, { activation: "softmax" }).`,
      );
    }
  }
  if (family === "oneHot") {
    if (classes === 1)
      return misfit(
        "with one unit the probability is always 1, and nothing is learned",
        'For two classes use a sigmoid and loss: "binaryCrossentropy"; for more, a unit for each.',
      );
    if (isSingle)
      return misfit(
        "they are class numbers, and the loss takes one-hot labels",
        'Use loss: "sparseCategoricalCrossentropy", or make them one-hot.',
      );
    return rowsOf(facts, misfit);
  }
  if (family === "binary") {
    if (isSingle && classes > 1)
      return misfit(
        `they are one number per sample, and the output has ${classes} units`,
        'For classes of which one holds use loss: "sparseCategoricalCrossentropy" and softmax.',
      );
    if (min < 0 || max > 1)
      return misfit(
        `they go from ${figure(min)} to ${figure(max)}, and the loss takes 0 and 1`,
        min === -1 && max === 1
          ? "Use (y + 1) / 2."
          : max > 1 && areWhole(labels)
            ? `For classes 0 to ${max} use loss: "sparseCategoricalCrossentropy" and dense(${max + 1}, { activation: "softmax" }).`
            : 'Scale them to [0, 1], or use loss: "meanSquaredError".',
      );
  }
  return [];
}

type Misfit = (message: string, advice: string, confidence?: number) => Finding[];

/** Rows of one-hot labels are distributions: not negative, with sum 1. */
function rowsOf({ labels, shape }: OutputFacts, misfit: Misfit): Finding[] {
  const classes = shape.at(-1) ?? 1;
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let row = 0; row + classes <= labels.length; row += classes) {
    const values = labels.subarray(row, row + classes);
    const sum = values.reduce((a, b) => a + b, 0);
    least = Math.min(least, sum);
    most = Math.max(most, sum);
  }
  const isDistribution = Math.abs(least - 1) < 1e-3 && Math.abs(most - 1) < 1e-3;
  // A loss of one's own may leave out samples by rows of zeros.
  if (isDistribution || !Number.isFinite(least) || (least === 0 && Math.abs(most - 1) < 1e-3)) return [];
  return misfit(
    `their rows sum to ${figure(least)} up to ${figure(most)}, and the loss takes rows that sum to 1`,
    'Where several classes can hold at once, use a sigmoid and loss: "binaryCrossentropy".',
    0.9,
  );
}

function activationAgainstLoss(facts: OutputFacts): Finding[] {
  const { name, loss, activation, shape, labels } = facts;
  const family = familyOf(loss);
  const logits = takesLogits(loss);
  const misfit = (message: string, advice: string, severity: Finding["severity"] = "error"): Finding[] => [
    {
      kind: "activationDoesNotFit",
      severity,
      layer: name,
      confidence: severity === "caution" ? 0.6 : severity === "warning" ? 0.8 : 0.95,
      message: `the output "${name}" does not fit ${loss.name}: ${message}`,
      advice,
      evidence: { activation: activation ?? "none known", fromLogits: String(logits), units: shape.at(-1) ?? 1 },
    },
  ];
  const isProbability = activation === "softmax" || activation === "sigmoid" || activation === "hardSigmoid";
  if (family === "sparse" || family === "oneHot" || family === "binary") {
    if (logits && isProbability)
      return misfit(
        `it ends with ${activation}, and fromLogits says that it gives logits: ${activation} is applied twice`,
        `Leave out fromLogits, or take ${activation} off the last layer.`,
      );
    if (logits) return [];
  }
  if (family === "sparse" || family === "oneHot") {
    if (activation === "softmax") return [];
    if (activation === "sigmoid" || activation === "hardSigmoid")
      return misfit(
        "it ends with sigmoid, whose probabilities do not sum to 1",
        'Use activation: "softmax" in the last layer; or, where several classes can hold at once, loss: "binaryCrossentropy".',
      );
    return misfit(
      `it ends with ${activation ?? "no activation"}, and the loss takes probabilities`,
      `Use activation: "softmax" in the last layer, or losses.${loss.kind}({ fromLogits: true }) and no activation.`,
    );
  }
  if (family === "binary") {
    if (activation === "softmax")
      return shape.at(-1) === 1
        ? misfit("softmax of one unit is always 1", 'Use activation: "sigmoid" in the last layer.')
        : misfit(
            "it ends with softmax, whose classes exclude each other, and the loss takes each by itself",
            'Use loss: "categoricalCrossentropy"; or, where several classes can hold at once, activation: "sigmoid".',
            "warning",
          );
    if (isProbability) return [];
    return misfit(
      `it ends with ${activation ?? "no activation"}, and the loss takes probabilities`,
      `Use activation: "sigmoid" in the last layer, or losses.${loss.kind}({ fromLogits: true }) and no activation.`,
    );
  }
  if (family === "regression" && labels.length > 0) {
    const [low, high] = ranges[activation ?? ""] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    const { min, max } = spreadOf(labels);
    if (min < low - 1e-6 || max > high + 1e-6)
      return misfit(
        `${activation} gives numbers from ${low} to ${high}, and the labels go from ${figure(min)} to ${figure(max)}`,
        "Leave the activation of the last layer out, or scale the labels.",
      );
  }
  return [];
}

/** What activations can give. */
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  sigmoid: [0, 1],
  hardSigmoid: [0, 1],
  softmax: [0, 1],
  tanh: [-1, 1],
  hardTanh: [-1, 1],
  softsign: [-1, 1],
  relu: [0, Number.POSITIVE_INFINITY],
  softplus: [0, Number.POSITIVE_INFINITY],
  exp: [0, Number.POSITIVE_INFINITY],
};

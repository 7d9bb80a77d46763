// Findings about inputs and labels.
import { sizeOf } from "../../ir/shape.ts";
import type { Columns } from "../batch.ts";
import { type Finding, figure, percent } from "./finding.ts";
import type { HeldBatch } from "./held-batches.ts";
import type { LayerMeasures } from "./measures.ts";
import { classCounts, familyOf, type OutputFacts, spreadOf } from "./output-facts.ts";
import { limits } from "./thresholds.ts";

/** NaN in the data (all of them, where they are given as a whole), and inputs that are the same for all samples. */
export function inputFindings(
  batches: readonly HeldBatch[],
  names: readonly string[],
  all: Pick<Columns, "x"> | undefined,
): Finding[] {
  return names.flatMap((name, index): Finding[] => {
    const arrays = batches.map(({ x }) => x[index] as ArrayLike<number>);
    const whole = all?.x[index] ? [all.x[index].data] : arrays;
    const wrong = whole.some((array) => Array.prototype.some.call(array, (value) => !Number.isFinite(value)));
    if (wrong) return [notFiniteData(`input "${name}"`, name)];
    const size = sizeOf((batches[0] as HeldBatch).spec.x[index]?.shape.slice(1) ?? []);
    const first = arrays[0] as ArrayLike<number>;
    const samples = arrays.reduce((sum, { length }) => sum + length, 0) / size;
    const isConstant = arrays.every((array) => {
      for (let i = 0; i < array.length; i++) if (array[i] !== first[i % size]) return false;
      return true;
    });
    if (!isConstant || samples < 2) return [];
    return [
      {
        kind: "constantInputs",
        severity: "error",
        layer: name,
        confidence: 1,
        message: `all ${samples} samples of input "${name}" are the same, so the model can only learn a constant`,
        advice: "Check how the data are read and put into arrays.",
        evidence: { samples, ...spreadOf(first) },
      },
    ];
  });
}

/** The scale of what the first layers with weights get. */
export function scaleFindings(layers: readonly LayerMeasures[]): Finding[] {
  return layers.flatMap(({ name, label, kind, input }): Finding[] => {
    if (!input || /normalization/i.test(kind)) return [];
    const { rms, ...spread } = input;
    const { min, max } = spread;
    if (rms > limits.inputRms) {
      const isPixels = min >= 0 && max <= 255 && max > 100;
      return [
        {
          kind: "unscaledInputs",
          severity: "warning",
          layer: name,
          confidence: rms > 5 * limits.inputRms ? 0.95 : 0.75,
          message: `${label} gets inputs from ${figure(min)} to ${figure(max)} (mean ${figure(input.mean)}, deviation ${figure(input.stddev)}); initial weights are made for inputs of about 1`,
          advice: isPixels
            ? "Divide the pixels by 255, or begin the model with rescaling(1 / 255)."
            : "Standardize: begin the model with a normalization() layer and await its adapt(x).",
          evidence: spread,
        },
      ];
    }
    if (rms > 0 && rms < limits.smallInputRms && input.stddev > 0) {
      return [
        {
          kind: "smallInputs",
          severity: "caution",
          layer: name,
          confidence: 0.6,
          message: `${label} gets very small inputs (mean ${figure(input.mean)}, deviation ${figure(input.stddev)})`,
          advice: "Standardize: begin the model with a normalization() layer and await its adapt(x).",
          evidence: spread,
        },
      ];
    }
    return [];
  });
}

/** The distribution of labels; whether they fit the loss is another question. */
export function labelFindings(outputs: readonly OutputFacts[]): Finding[] {
  return outputs.flatMap((facts): Finding[] => {
    const { name, labels } = facts;
    if (labels.some((label) => !Number.isFinite(label))) return [notFiniteData(`the labels of "${name}"`, name)];
    return [...constant(facts), ...uneven(facts), ...unscaled(facts)];
  });
}

function constant(facts: OutputFacts): Finding[] {
  const { name, labels, labelShape } = facts;
  const samples = labels.length / sizeOf(labelShape.slice(1));
  const counts = classCounts(facts);
  const isConstant = counts ? counts.size === 1 : labels.every((label) => label === labels[0]);
  if (!isConstant || samples < 8) return [];
  return [
    {
      kind: "constantLabels",
      severity: "error",
      layer: name,
      confidence: counts && samples < 64 ? 0.8 : 1,
      message: `all ${samples} labels of "${name}" are the same`,
      advice: "Check how labels are read. If the data are sorted, shuffle before splitting or batching them.",
      evidence: { samples, label: counts ? ([...counts.keys()][0] as number) : (labels[0] as number) },
    },
  ];
}

function uneven(facts: OutputFacts): Finding[] {
  const counts = classCounts(facts);
  if (!counts || counts.size < 2) return [];
  const total = [...counts.values()].reduce((a, b) => a + b);
  const [label, most] = [...counts].sort((a, b) => b[1] - a[1])[0] as [number, number];
  if (most / total <= limits.largestClass || total < 64) return [];
  return [
    {
      kind: "unevenClasses",
      severity: "caution",
      layer: facts.name,
      confidence: 0.6,
      message: `${percent(most / total)} of the labels of "${facts.name}" are class ${label}: accuracy says little here`,
      advice: `Look at metrics such as "auc" and at a confusion matrix, and try fit(x, y, { classWeight: { ${[...counts]
        .slice(0, 4)
        .sort((a, b) => a[0] - b[0])
        .map(([key, count]) => `${key}: ${figure(total / (counts.size * count))}`)
        .join(", ")}${counts.size > 4 ? ", …" : ""} } }).`,
      evidence: { samples: total, class: label, share: most / total },
    },
  ];
}

function unscaled(facts: OutputFacts): Finding[] {
  const { name, loss, labels } = facts;
  if (familyOf(loss) !== "regression" || labels.length === 0) return [];
  const { mean, stddev, min, max } = spreadOf(labels);
  const rms = Math.sqrt(mean * mean + stddev * stddev);
  const isLarge = rms > limits.labelRms;
  if (!isLarge && !(rms < limits.smallLabelRms && stddev > 0)) return [];
  return [
    {
      kind: "unscaledLabels",
      severity: "warning",
      layer: name,
      confidence: isLarge ? Math.min(0.95, 0.6 + rms / 1000) : 0.6,
      message: `the targets of "${name}" go from ${figure(min)} to ${figure(max)} (mean ${figure(mean)}, deviation ${figure(stddev)}); an untrained model gives numbers of about 1`,
      advice: `Train on (y − ${figure(mean)}) / ${figure(stddev || 1)}, and undo that on predictions.`,
      evidence: { mean, stddev, min, max },
    },
  ];
}

const notFiniteData = (what: string, layer: string): Finding => ({
  kind: "notFinite",
  severity: "error",
  layer,
  confidence: 1,
  message: `${what} ${what.startsWith("the") ? "hold" : "holds"} NaN or infinite numbers`,
  advice: "Remove or replace these samples before training.",
  evidence: {},
});

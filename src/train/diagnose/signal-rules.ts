// Findings about how signals and gradients pass through the layers: from measures alone.
import { sizeOf } from "../../ir/shape.ts";
import { type Finding, figure, percent } from "./finding.ts";
import { LayerChain } from "./layer-chain.ts";
import type { LayerMeasures, Measures, VariableMeasures } from "./measures.ts";
import { limits } from "./thresholds.ts";

/** Layers whose kernel is a matrix or filter from all inputs to each output. */
const plainKernel = /^(dense|conv[123]d)$/;

/** Advice by activation: which initializer keeps the scale. */
const initializers: Readonly<Record<string, string>> = {
  relu: "heNormal",
  leakyRelu: "heNormal",
  elu: "heNormal",
  celu: "heNormal",
  gelu: "heNormal",
  silu: "heNormal",
  mish: "heNormal",
  selu: "lecunNormal",
};
const initializerFor = (activation: string | undefined) => initializers[activation ?? ""] ?? "glorotUniform";
const isBounded = (activation: string | undefined) => /sigmoid|tanh|softsign/i.test(activation ?? "");

/** All findings about signals, causes and effects alike. */
export function signalFindings(measures: Measures): Finding[] {
  const { notFinite } = measures;
  if (notFinite) return [notFiniteFinding(notFinite.what, notFinite.layer, measures)];
  return [
    ...symmetric(measures),
    ...weights(measures),
    ...gradients(measures),
    ...inTime(measures),
    ...inactive(measures),
    ...unreached(measures),
  ];
}

function notFiniteFinding(what: string, layer: string, { loss }: Measures): Finding {
  return {
    kind: "notFinite",
    severity: "error",
    layer,
    confidence: 1,
    message: `${what} is the first that is NaN or infinite`,
    advice:
      "Try a lower learning rate and globalClipNorm: 1; look for log, sqrt and division in layers and losses of your own, and for weights that are not finite.",
    evidence: { loss },
  };
}

/** The activation at the end of a layer, or of the one that follows it where that has no weights. */
function activationAfter({ layers }: Measures, layer: LayerMeasures): string | undefined {
  for (const next of layers.slice(layers.indexOf(layer))) {
    if (next !== layer && next.trains && !/normalization/i.test(next.kind)) return undefined;
    if (next.activation) return next.activation;
  }
  return undefined;
}

function symmetric(measures: Measures): Finding[] {
  const chain = new LayerChain(measures);
  const found = measures.variables.find(
    ({ isSymmetric, isReached, layer }) => isSymmetric && isReached && !chain.isLast({ name: layer }),
  );
  if (!found) return [];
  const layer = measures.layers.find(({ name }) => name === found.layer);
  const activation = layer && activationAfter(measures, layer);
  return [
    {
      kind: "symmetricUnits",
      severity: "error",
      layer: found.layer,
      confidence: 1,
      message: `all units of ${found.label} have the same weights and the same gradients${found.weight === 0 ? " (all are 0)" : ""}, so they can never differ: they work as one`,
      advice: `Initialize with random numbers: kernelInitializer: "${initializerFor(activation)}".`,
      evidence: { variable: found.name, weight: found.weight, gradient: found.gradient },
    },
  ];
}

/** The deviation of weights times √inputs, against what keeps the scale: 1 is right. */
function gainOf(measures: Measures, { layer, weight, shape }: VariableMeasures): number {
  const use = measures.layers.find(({ name }) => name === layer);
  const activation = use && activationAfter(measures, use);
  const right = initializerFor(activation) === "heNormal" ? Math.SQRT2 : 1;
  return (weight * Math.sqrt(sizeOf(shape.slice(0, -1)))) / right;
}

function weights(measures: Measures): Finding[] {
  const chain = new LayerChain(measures);
  const inner = chain.layers.filter((layer) => !chain.isLast(layer));
  const [last, first] = [inner.at(-1), measures.layers.find(({ input }) => input)?.input];
  if (!last || !first || first.stddev === 0) return [];
  const kernels = measures.variables.filter(
    ({ name, layer, shape, weight }) =>
      /(^|\/)kernel$/.test(name) &&
      shape.length >= 2 &&
      weight > 0 &&
      plainKernel.test(measures.layers.find((use) => use.name === layer)?.kind ?? ""),
  );
  // The last layer before an output may be small on purpose.
  const hidden = kernels.filter(({ layer }) => !chain.isLast({ name: layer }));
  const gains = hidden.map((kernel) => gainOf(measures, kernel));
  const grown = Math.max(...inner.map(({ variation }) => variation)) / first.stddev;
  const saturated = Math.max(0, ...inner.map((layer) => layer.saturated ?? 0));
  const kept = last.variation / first.stddev;
  // The first layer that is clearly off is named, where one of them is far off.
  const small = gains.some((gain) => gain < 1 / limits.gain) ? gains.findIndex((gain) => gain < 0.5) : -1;
  const large = gains.some((gain) => gain > limits.gain) ? gains.findIndex((gain) => gain > 2) : -1;
  const finding = (index: number, kind: "weightsTooSmall" | "weightsTooLarge", effect: string): Finding => {
    const kernel = hidden[index] as VariableMeasures;
    const gain = gains[index] as number;
    const use = measures.layers.find(({ name }) => name === kernel.layer) as LayerMeasures;
    const activation = activationAfter(measures, use);
    return {
      kind,
      severity: "warning",
      layer: kernel.layer,
      confidence: gain < 0.1 || gain > 10 ? 0.95 : 0.8,
      message: `the weights of ${kernel.label} have a deviation of ${figure(kernel.weight)}, ${figure(gain < 1 ? 1 / gain : gain)} times ${gain < 1 ? "less" : "more"} than keeps the signal's scale with ${kernel.shape.slice(0, -1).join("·")} inputs; ${effect}`,
      advice: `Use kernelInitializer: "${initializerFor(activation)}"${activation ? `, which suits ${activation}` : ""}; or batchNormalization() behind each layer.`,
      evidence: { deviation: kernel.weight, gain, kept, grown },
    };
  };
  if (small >= 0 && kept < limits.signalLost)
    return [
      finding(
        small,
        "weightsTooSmall",
        `what tells samples apart shrinks to ${figure(kept)} of the inputs' deviation by ${last.label}`,
      ),
    ];
  if (large >= 0 && grown > limits.signalGrown)
    return [finding(large, "weightsTooLarge", `signals grow to ${figure(grown)} times the inputs' deviation`)];
  if (large >= 0 && saturated > limits.saturated)
    return [finding(large, "weightsTooLarge", `${percent(saturated)} of the values of a layer are saturated`)];
  return [];
}

function gradients(measures: Measures): Finding[] {
  const chain = new LayerChain(measures, ({ gradientNorm }) => gradientNorm > 0);
  const ends = chain.layers.filter((layer) => chain.isLast(layer));
  const starts = new Set(ends.flatMap((end) => chain.layers.find((layer) => chain.depends(end, layer)) ?? []));
  return [...starts].flatMap((start) => {
    // Compared along each way to an output: the losses of two outputs may differ by any factor.
    const ways = ends.filter((end) => chain.depends(end, start)).map((end) => wayOf(chain.between(start, end)));
    const weakest = ways.reduce((a, b) => (b.ratio < a.ratio ? b : a));
    if (weakest.ratio < limits.vanishing) return [vanishing(measures, weakest)];
    // The gradient at the start is a sum over all outputs, so it is large beside that of an output with a small loss.
    const least = ways.reduce((a, b) => (b.growth < a.growth ? b : a));
    return least.growth > limits.exploding ? [exploding(measures, least)] : [];
  });
}

/** Gradients along hidden layers that depend on one another. */
interface Way {
  readonly hidden: readonly LayerMeasures[];
  /** Norm at the first of them against the largest after it, and against the end. */
  readonly ratio: number;
  readonly growth: number;
  /** `growth` per layer. */
  readonly factor: number;
  readonly evidence: Finding["evidence"];
}

/** Of the layers before the last one, whose gradient is that of the loss itself, and small where the loss is. */
function wayOf(hidden: readonly LayerMeasures[]): Way {
  const norms = hidden.map(({ gradientNorm }) => gradientNorm);
  const [first] = norms as [number];
  // Not the last alone: beside a shortcut a layer's gradient may be small by itself.
  const end = Math.max(...norms.slice(norms.length > 6 ? -3 : norms.length > 2 ? -2 : -1));
  const ratio = norms.length > 1 ? first / Math.max(...norms.slice(1)) : 1;
  const growth = first / end;
  const depth = hidden.length - 1;
  const factor = rootOf(growth, depth);
  const evidence = { ratio: Math.min(ratio, growth), first, last: end, depth, perLayer: factor };
  return { hidden, ratio, growth, factor, evidence };
}

function vanishing(measures: Measures, { hidden, ratio, factor, evidence }: Way): Finding {
  const [first, last] = [hidden[0], hidden.at(-1)] as [LayerMeasures, LayerMeasures];
  const activation = activationAfter(measures, first);
  const bounded = hidden.filter((layer) => isBounded(activationAfter(measures, layer))).length > hidden.length / 2;
  return {
    kind: "vanishingGradients",
    severity: "warning",
    layer: first.name,
    confidence: ratio < limits.vanished ? 0.98 : 0.8,
    message: `gradients vanish towards the input: at ${first.label} they have ${figure(ratio)} of their size at ${last.label}, a factor of ${figure(factor)} per layer${bounded && activation ? `; the slope of ${activation} is at most ${activation === "sigmoid" ? "1/4" : "1"}` : ""}`,
    advice: bounded
      ? `Use activation: "relu" (or "elu") with kernelInitializer: "heNormal" in hidden layers, "selu" with "lecunNormal" in a plain dense stack, or batchNormalization() before each ${activation}.`
      : `Use kernelInitializer: "${initializerFor(activation)}", batchNormalization() between layers, or shortcuts around them (addLayer).`,
    evidence,
  };
}

function exploding(measures: Measures, { hidden, growth, factor, evidence }: Way): Finding {
  const [first, last] = [hidden[0], hidden.at(-1)] as [LayerMeasures, LayerMeasures];
  return {
    kind: "explodingGradients",
    severity: "warning",
    layer: first.name,
    confidence: growth > limits.exploded ? 0.98 : 0.8,
    message: `gradients explode towards the input: at ${first.label} they are ${figure(growth)} times as large as at ${last.label}, a factor of ${figure(factor)} per layer`,
    advice: `Use kernelInitializer: "${initializerFor(activationAfter(measures, first))}", batchNormalization() between layers, and globalClipNorm: 1 in the optimizer.`,
    evidence,
  };
}

/** The n-th root by bisection: the same bits on all engines. */
function rootOf(x: number, n: number): number {
  let [low, high] = [0, Math.max(1, x)];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    let power = 1;
    for (let k = 0; k < n; k++) power *= middle;
    if (power < x) low = middle;
    else high = middle;
  }
  return high;
}

function inTime({ layers, variables }: Measures): Finding[] {
  return layers.flatMap(({ name, label, gradientOverTime: norms, saturated }): Finding[] => {
    if (!norms || norms.length < 2) return [];
    // Against the last step, from which gradients come. Steps whose input is empty may have none.
    const most = Math.max(...norms);
    const growth = most / Math.max(norms.findLast((norm) => norm > 0) ?? 0, 1e-38);
    if (!(growth > limits.explodingInTime) || norms.indexOf(most) >= norms.length / 2) return [];
    const kernel = variables.find((variable) => /recurrentKernel$/.test(variable.name) && variable.layer === name);
    return [
      {
        kind: "explodingInTime",
        severity: "warning",
        layer: name,
        confidence: growth > 100 * limits.explodingInTime ? 0.95 : 0.8,
        message: `gradients explode over the ${norms.length} steps of ${label}: at step ${norms.indexOf(most) + 1} they are ${figure(growth)} times as large as at the last`,
        advice:
          'Clip them: globalClipNorm: 1 in the optimizer. Use recurrentInitializer: "orthogonal", or lstm or gru in place of a simple recurrent layer.',
        evidence: {
          growth,
          steps: norms.length,
          ...(kernel && { recurrentWeight: kernel.weight }),
          ...(saturated !== undefined && { saturated }),
        },
      },
    ];
  });
}

function inactive(measures: Measures): Finding[] {
  const chain = new LayerChain(measures);
  return measures.layers.flatMap((layer): Finding[] => {
    const { name, label, dead = 0, saturated = 0, activation, units } = layer;
    if (dead > limits.dead && layer.values >= limits.deadValues)
      return [
        {
          kind: "deadUnits",
          severity: dead > limits.mostlyDead ? "error" : "warning",
          layer: name,
          confidence: dead > limits.mostlyDead ? 0.95 : 0.75,
          message: `${percent(dead)} of the ${units} units of ${label} are dead: ${activation} lets no gradient through for any sample`,
          advice: `Use a lower learning rate, kernelInitializer: "heNormal", a bias that begins at 0, or activation: "leakyRelu" or "elu", which have a slope everywhere. Dead units do not come back: begin with new weights.`,
          evidence: { dead, units },
        },
      ];
    // At an output it is no illness to be sure; whether that is right, the loss says.
    if (saturated > limits.saturated && !chain.isLast(layer))
      return [
        {
          kind: "saturatedUnits",
          severity: "warning",
          layer: name,
          confidence: saturated > limits.mostlySaturated ? 0.9 : 0.7,
          message: `${percent(saturated)} of the values of ${label} are saturated: there the slope of ${activation} is below 6 % of its largest`,
          advice: `Use smaller initial weights (kernelInitializer: "glorotUniform"), standardized inputs, batchNormalization() before ${activation}, or a lower learning rate.`,
          evidence: { saturated, units },
        },
      ];
    return [];
  });
}

function unreached(measures: Measures): Finding[] {
  const isDead = measures.layers.some(({ dead = 0 }) => dead === 1);
  const seen = new Set<string>();
  return measures.variables.flatMap((variable): Finding[] => {
    const { name, layer, label, shape, gradient, isReached } = variable;
    if (seen.has(layer) || gradient > 0 || (isReached && (shape.length < 2 || isDead))) return [];
    seen.add(layer);
    return [
      {
        kind: "noGradient",
        severity: isReached ? "warning" : "error",
        layer,
        confidence: isReached ? 0.8 : 1,
        message: isReached
          ? `the gradient of "${name}" in ${label} is exactly 0 for all samples`
          : `the loss does not depend on "${name}" in ${label}, so it is never trained`,
        advice: isReached
          ? "Look at the layers behind it: dead or saturated units, weights that are all 0, or ops without a gradient, such as argmax or round."
          : "Connect the layer to an output that has a loss; or set trainable = false where that is meant.",
        evidence: { gradient },
      },
    ];
  });
}

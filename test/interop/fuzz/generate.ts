// Random models with data, from lists of numbers.
import * as arete from "../../../src/index.ts";
import { sizeOf } from "../../../src/ir/shape.ts";
import { layerFromConfig } from "../../../src/nn/registry.ts";
import { randomFrom } from "../../fuzz/mutate.ts";
import { common, countsOf, families, kinds, merges } from "./layers.ts";
import type { Options } from "./options.ts";
import { Tape } from "./tape.ts";
import { type Described, type Objective, objective, optimizer } from "./training.ts";

type Symbol = ReturnType<typeof arete.input>;
type Layer = ReturnType<typeof layerFromConfig>;
type Shape = readonly number[];

/** What a case is made of: each list decides about a part, so that parts can be shrunk by themselves. */
export interface Genes {
  readonly inputs: readonly number[];
  readonly layers: readonly (readonly number[])[];
  readonly training: readonly number[];
}

export interface Data {
  readonly data: Float32Array | Int32Array;
  readonly shape: Shape;
}

/** A layer that is refused here, as Keras may be asked about it. */
export interface Refused {
  readonly kind: string;
  readonly options: Options;
  readonly shapes: readonly Shape[];
  readonly dtypes: readonly string[];
  readonly message: string;
}

export interface Case {
  readonly make: () => arete.Model;
  readonly compile: () => arete.CompileModelOptions;
  readonly x: readonly Data[];
  readonly y: readonly Data[];
  readonly sampleWeight?: readonly Data[];
  readonly classWeight?: Readonly<Record<number, number>>;
  readonly batchSize: number;
  /** Steps of training; none where random numbers would be drawn. */
  readonly epochs: number;
  /** The layers that are used. */
  readonly kinds: ReadonlySet<string>;
  readonly refused: readonly Refused[];
  /** The case as text. */
  readonly text: string;
}

/** One layer that is used: on which of the tensors that there are. */
interface Use {
  readonly kind: string;
  readonly options: Options;
  readonly inputs: readonly number[];
  readonly isList: boolean;
  /** How often it is used again on what it gives, which has the same shape. */
  readonly again: boolean;
  /** Layers of a network that is used as a layer. */
  readonly inner?: readonly Use[];
}

/** A layer in its place. */
interface Placed extends Use {
  /** Which tensors it gives. */
  readonly outputs: readonly number[];
}

const largest = 300;
const sampleOf = (tensor: Symbol): Shape => tensor.shape.slice(1).map((extent) => extent ?? Number.NaN);

const inputShapes = [
  ...[[3], [1], [5], [7]],
  ...[
    [5, 3],
    [1, 2],
    [3, 1],
    [7, 2],
    [2, 5],
  ],
  ...[
    [5, 5, 2],
    [7, 3, 1],
    [1, 5, 3],
    [2, 3, 5],
    [7, 7, 1],
  ],
  ...[
    [3, 5, 2, 2],
    [2, 2, 3, 1],
    [3, 3, 3, 2],
  ],
  ...[[2, 2, 3, 2, 1]],
];

interface Start {
  readonly shape: Shape;
  /** Whole numbers below this, where the input is one of whole numbers. */
  readonly below?: number;
  /** Whether 0 in place of a whole number masks its step. */
  readonly maskZero?: boolean;
}

function startsOf(t: Tape): Start[] {
  const count = t.pick([1, 1, 1, 2, 2, 3]);
  const first = t.once(6)
    ? { shape: t.pick([[4], [1], [3, 2], [7]]), below: t.pick([4, 2, 7]), maskZero: t.once(2) }
    : { shape: t.pick(inputShapes) };
  return Array.from({ length: count }, (_, at) => {
    if (at === 0 || t.once(2)) return first;
    return { shape: t.pick(inputShapes) };
  });
}

/** Reads the genes: what is built, without anything that depends on random names. */
class Builder {
  readonly uses: Placed[] = [];
  readonly refused: Refused[] = [];
  readonly tensors: Symbol[];

  constructor(
    readonly starts: readonly Start[],
    readonly family: readonly string[] = [],
  ) {
    this.tensors = starts.map(({ shape, below }) => arete.input([...shape], { dtype: below ? "int32" : "float32" }));
    starts.forEach(({ below, maskZero }, at) => {
      if (below)
        this.use({
          kind: "embedding",
          options: { inputDim: below, outputDim: 3, ...(maskZero && { maskZero }) },
          inputs: [at],
          isList: false,
          again: false,
        });
    });
  }

  /** Adds the layer that a list of numbers asks for, unless it does not fit. */
  add(t: Tape): void {
    const isFloat = (at: number) => this.tensors[at]?.dtype === "float32";
    const usable = this.tensors.map((_, at) => at).filter(isFloat);
    const all = [...Object.keys(kinds), ...Object.keys(merges), "network", ...Array<string>(8).fill("dense")];
    const any = this.family.length > 0 ? "" : t.pick(all);
    const at = usable[usable.length - 1 - (t.once(3) ? t.below(usable.length) : 0)] as number;
    const shape = sampleOf(this.tensors[at] as Symbol);
    const fits = (name: string) => (kinds[name] ?? merges[name])?.(new Tape([]), shape) !== undefined;
    const kind = any || t.pick(this.family.filter(fits));
    if (kind === undefined) return;
    if (kind === "network") {
      this.addNetwork(t, at, shape);
      return;
    }
    const merge = merges[kind];
    const rest = common(t, kind);
    if (merge) {
      const same = usable.filter((other) => String(sampleOf(this.tensors[other] as Symbol)) === String(shape));
      const count = t.pick(countsOf(kind));
      const inputs = [at, ...Array.from({ length: count - 1 }, () => t.pick(same))];
      const options = merge(t, shape);
      if (options) this.use({ kind, options: { ...options, ...rest }, inputs, isList: count > 1, again: false });
      return;
    }
    const options = kinds[kind]?.(t, shape);
    // On JAX, Keras counts penalties on outputs only for the last use of a layer.
    if (options)
      this.use({
        kind,
        options: { ...options, ...rest },
        inputs: [at],
        isList: false,
        again: t.once(5) && !rest.activityRegularizer,
      });
  }

  /** A chain of layers, used as one layer. */
  private addNetwork(t: Tape, at: number, shape: Shape): void {
    const inner = new Builder([{ shape }]);
    for (let count = 1 + t.below(2); count > 0; count--) {
      const kind = t.pick(Object.keys(kinds));
      const [last] = inner.tensors.slice(-1) as [Symbol];
      const options = kinds[kind]?.(t, sampleOf(last));
      if (options) inner.use({ kind, options, inputs: [inner.tensors.length - 1], isList: false, again: false }, true);
    }
    if (inner.uses.length === 0) return;
    const options = t.some(5, { trainable: () => false });
    this.use({ kind: "network", options, inputs: [at], isList: false, again: t.once(2), inner: inner.uses });
  }

  /** Tries a layer: it becomes a part of the model unless it is refused, or what it gives is too large. */
  private use(use: Use, ofOneOutput = false): void {
    try {
      const outputs = apply(layerOf(use), use, this.tensors);
      if (outputs.some((output) => !(sizeOf(sampleOf(output)) <= largest))) return;
      if (ofOneOutput && outputs.length > 1) return;
      this.uses.push({ ...use, outputs: outputs.map((output) => this.tensors.push(output) - 1) });
    } catch (error) {
      if (!(error instanceof arete.AreteError)) throw error;
      const given = use.inputs.map((at) => this.tensors[at] as Symbol);
      this.refused.push({
        ...use,
        shapes: given.map(sampleOf),
        dtypes: given.map(({ dtype }) => dtype),
        message: error.message,
      });
    }
  }
}

function layerOf({ kind, options, inner }: Use, shape?: Shape): Layer {
  if (!inner) return layerFromConfig(kind, options);
  return arete.sequential(
    inner.map((use, at) =>
      layerFromConfig(use.kind, { ...use.options, ...(at === 0 && shape && { inputShape: shape }) }),
    ),
    options,
  );
}

/** Uses a layer, again on what it gives where that is asked for and fits. */
function apply(layer: Layer, { inputs, isList, again }: Use, tensors: readonly Symbol[]): Symbol[] {
  const given = inputs.map((at) => tensors[at] as Symbol);
  const outputs = layer.applyAll(isList ? given : (given[0] as Symbol));
  const [first, input] = [outputs[0] as Symbol, given[0] as Symbol];
  const isSame =
    outputs.length === 1 && !isList && String(first.shape) === String(input.shape) && first.dtype === input.dtype;
  return again && isSame ? layer.applyAll(first) : outputs;
}

const randomKinds = /ropout|Noise/;
const isRandom = ({ kind, options, inner }: Use): boolean =>
  (inner ?? []).some(isRandom) || (randomKinds.test(kind) && (options.rate ?? options.stddev) !== 0);

const kindsOf = (use: Use): string[] => [
  use.kind,
  ...(use.inner ?? []).flatMap(kindsOf),
  ...[use.options.layer, use.options.backwardLayer, use.options.cell]
    .flat()
    .flatMap((layer) => (layer ? [(layer as { kind: string }).kind] : [])),
];

type Table = Readonly<Record<string, (...given: unknown[]) => unknown>>;
const metricTable = { ...arete.losses, ...arete.metrics } as unknown as Table;

function made({ kind, options }: Described, table = metricTable): unknown {
  const { least, ...rest } = options;
  if (kind === "accuracy") return kind;
  return least === undefined ? table[kind]?.(rest) : table[kind]?.(least, rest);
}

const factories = arete as unknown as Record<string, (options: Options) => never>;

/** Labels of an output. */
function labelsFor({ labels }: Objective, shape: Shape, samples: number, random: () => number): Data {
  const classes = shape.at(-1) as number;
  if (labels === "class") {
    const whole = [samples, ...shape.slice(0, -1)];
    return { data: Int32Array.from({ length: sizeOf(whole) }, () => Math.floor(random() * classes)), shape: whole };
  }
  const whole = [samples, ...shape];
  const data = new Float32Array(sizeOf(whole));
  if (labels === "oneHot")
    for (let at = 0; at < data.length; at += classes) data[at + Math.floor(random() * classes)] = 1;
  else {
    const draw = {
      real: () => 2 * random() - 0.7,
      unit: random,
      binary: () => (random() < 0.5 ? 0 : 1),
      sign: () => (random() < 0.5 ? -1 : 1),
    }[labels];
    data.forEach((_, at) => {
      data[at] = draw();
    });
  }
  return { data, shape: whole };
}

/**
 * The case of these genes; nothing where they give no model that could be trained.
 * @param family what layers are drawn from; all where there is none.
 */
export function caseOf(genes: Genes, family?: string): Case | undefined {
  const t = new Tape(genes.inputs);
  const builder = new Builder(startsOf(t), family ? families[family] : []);
  for (const numbers of genes.layers) builder.add(new Tape(numbers));
  const { starts, tensors, refused } = builder;
  const used = new Set(builder.uses.flatMap(({ inputs }) => inputs));
  // What nothing else uses is an output: the last, and sometimes others.
  // One end of each layer: in Keras outputs of one layer have one name.
  const loose = builder.uses.flatMap(({ outputs: [at = 0] }) =>
    !used.has(at) && tensors[at]?.dtype === "float32" ? [at] : [],
  );
  const training = new Tape(genes.training);
  const ends = training.once(2) ? loose.slice(-2) : loose.slice(-1);
  if (ends.length === 0) return refused.length > 0 ? empty(refused) : undefined;
  const objectives = ends.map((at) => objective(training, sampleOf(tensors[at] as Symbol)));
  const { needed, uses } = needs(builder.uses, ends);
  const isChain =
    starts.length === 1 &&
    ends.length === 1 &&
    !uses.some(({ again, isList, inner, outputs }) => again || isList || inner || outputs.length > 1) &&
    training.once(2);
  const make = () => build(starts, uses, ends, objectives, isChain, needed);
  const isTrained = make().trainableVariables.length > 0 && !uses.some(isRandom);
  const samples = training.pick([4, 5, 3, 1]);
  const random = randomFrom(1 + training.below(65536));
  const x = starts.flatMap(({ shape, below }, at) => {
    if (!needed.has(at)) return [];
    const whole = [samples, ...shape];
    const length = sizeOf(whole);
    const data = below
      ? Int32Array.from({ length }, () => Math.floor(random() * below))
      : Float32Array.from({ length }, () => 3 * random() - 1.5);
    // What is masked: the last steps of each second sample.
    const masking = uses.find(({ kind, inputs }) => kind === "masking" && inputs[0] === at);
    if (masking) {
      const size = sizeOf(shape);
      const tail = Math.ceil((shape[0] as number) / 2) * (shape[1] as number);
      for (let end = size; end <= length; end += 2 * size)
        data.fill((masking.options.maskValue as number) ?? 0, end - tail, end);
    }
    return [{ data, shape: whole }];
  });
  const y = objectives.map((each, at) =>
    labelsFor(each, sampleOf(tensors[ends[at] as number] as Symbol), samples, random),
  );
  const method = optimizer(training);
  // Losses that are one number for all samples take no weights here; Keras multiplies by their mean.
  const weighted = training.once(3) && !objectives.some(({ loss }) => /dice|tversky/.test(loss.kind));
  // Keras takes [n] for losses of one axis.
  const weigh = (at: number) => {
    const { length } = sampleOf(tensors[ends[at] as number] as Symbol);
    const shape = [samples, ...Array<number>(length - 1).fill(1)];
    return { data: Float32Array.from({ length: samples }, () => 2 * random()), shape };
  };
  const sampleWeight = weighted ? y.map((_, at) => weigh(at)) : undefined;
  const [first] = objectives;
  const isClassed =
    !weighted &&
    ends.length === 1 &&
    first &&
    /oneHot|class/.test(first.labels) &&
    ends.every((at) => sampleOf(tensors[at] as Symbol).length === 1) &&
    training.once(2);
  const lossWeights = ends.length > 1 && training.once(2) ? [0.5, 2] : undefined;
  const weightedMetrics = training.once(3);
  const compile = (): arete.CompileModelOptions => ({
    optimizer: factories[method.kind]?.({
      ...method.options,
      ...(method.schedule && { learningRate: factories[method.schedule.kind]?.(method.schedule.options) }),
    }) as never,
    loss: objectives.map(({ loss }) => made(loss, arete.losses as unknown as Table)) as never,
    ...(lossWeights && { lossWeights }),
    [weightedMetrics ? "weightedMetrics" : "metrics"]: objectives.map(({ metrics }) =>
      metrics.map((metric) => made(metric)),
    ) as never,
  });
  const epochs = isTrained ? 3 : 0;
  const batchSize = training.once(3) ? 2 : samples;
  const text = JSON.stringify({
    starts,
    uses,
    ends,
    objectives,
    method,
    isChain,
    lossWeights,
    weightedMetrics,
    weighted,
    isClassed,
    samples,
    batchSize,
  });
  return {
    make,
    compile,
    x,
    y,
    ...(sampleWeight && { sampleWeight }),
    ...(isClassed && { classWeight: { 0: 2, 1: 0.5 } }),
    batchSize,
    epochs,
    kinds: new Set(uses.flatMap(kindsOf)),
    refused,
    text,
  };
}

const empty = (refused: readonly Refused[]) => ({ kinds: new Set<string>(), refused }) as unknown as Case;

function build(
  starts: readonly Start[],
  uses: readonly Placed[],
  ends: readonly number[],
  objectives: readonly Objective[],
  isChain: boolean,
  needed: ReadonlySet<number>,
): arete.Model {
  const heads = objectives.map(({ head }) => (head ? arete.activation(head) : undefined));
  if (isChain) {
    const layers = uses.map((use, at) => {
      const { shape, below } = starts[0] as Start;
      const first = at === 0 && { inputShape: shape, inputDType: below ? "int32" : "float32" };
      return layerFromConfig(use.kind, { ...use.options, ...first });
    });
    return arete.sequential([...layers, ...heads.flatMap((head) => (head ? [head] : []))], { seed: 7 });
  }
  const tensors: Symbol[] = starts.map(({ shape, below }, at) =>
    arete.input([...shape], { dtype: below ? "int32" : "float32", name: `start${at}` }),
  );
  for (const use of uses) {
    const shape = sampleOf(tensors[use.inputs[0] as number] as Symbol);
    for (const [at, output] of apply(layerOf(use, shape), use, tensors).entries())
      tensors[use.outputs[at] as number] = output;
  }
  const outputs = ends.map((at, end) => heads[end]?.apply(tensors[at] as Symbol) ?? (tensors[at] as Symbol));
  return arete.model({ inputs: tensors.slice(0, starts.length).filter((_, at) => needed.has(at)), outputs, seed: 7 });
}

/** The tensors that outputs are calculated from, and the layers that do it. */
function needs(placed: readonly Placed[], ends: readonly number[]): { needed: Set<number>; uses: Placed[] } {
  const needed = new Set(ends);
  const uses: Placed[] = [];
  for (const use of [...placed].reverse()) {
    if (!use.outputs.some((output) => needed.has(output))) continue;
    uses.unshift(use);
    for (const input of use.inputs) needed.add(input);
  }
  return { needed, uses };
}

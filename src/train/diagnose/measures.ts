// What is measured of a train step, and how measures of several batches become one.
import { type Shape, sizeOf } from "../../ir/shape.ts";

/** Mean, standard deviation and range of numbers. */
export interface Scale {
  readonly mean: number;
  readonly stddev: number;
  readonly min: number;
  readonly max: number;
  /** Root of the mean square. */
  readonly rms: number;
}

/** Measures of one use of a layer. */
export interface LayerMeasures {
  /** The layer's name; of a second use of it, with `#2` behind. */
  readonly name: string;
  /** As in messages: `dense "dense_1"`. */
  readonly label: string;
  readonly kind: string;
  /** The last extent of its output. */
  readonly units: number;
  /** How many values of each unit were measured: samples, times positions of an image or steps of a sequence. */
  readonly values: number;
  /** Names of the layers whose outputs it takes, directly or through ops that are in no layer. */
  readonly predecessors: readonly string[];
  /** Whether it has variables of its own that are trained. */
  readonly trains: boolean;
  /** Of the values that it gives. */
  readonly activations: Scale;
  /** How much a unit's values differ between samples: the root of the mean over units of their variance. */
  readonly variation: number;
  /** Of the loss with respect to the values that it gives; undefined where the loss does not depend on them. */
  readonly gradients: Scale | undefined;
  /** Root of the sum of squares of these gradients over a batch. */
  readonly gradientNorm: number;
  /** The activation function at its end, such as "relu"; undefined where none is known. */
  readonly activation: string | undefined;
  /** Share of units that let no gradient through for any sample: relu and its like. */
  readonly dead: number | undefined;
  /** Share of values at which the slope of a bounded activation is below 6 % of its largest. */
  readonly saturated: number | undefined;
  /** Of what comes in, for layers that are the first with weights behind an input. */
  readonly input: Scale | undefined;
  /** Norm of the gradient with respect to each step of its input, for recurrent layers. */
  readonly gradientOverTime: readonly number[] | undefined;
}

/** Measures of a trained variable and of one update by the optimizer. */
export interface VariableMeasures {
  readonly name: string;
  /** The layer that has it: its name, and as in messages. */
  readonly layer: string;
  readonly label: string;
  readonly shape: Shape;
  /** Root mean squares. */
  readonly weight: number;
  readonly gradient: number;
  readonly update: number;
  /** update / weight; infinite where all weights are 0. */
  readonly ratio: number;
  /** Whether the loss depends on it at all. */
  readonly isReached: boolean;
  /** Whether all units have the same weights and the same gradients, so that they can never differ. */
  readonly isSymmetric: boolean;
}

/** Measures of a train step, or of several. */
export interface Measures {
  readonly loss: number;
  /** In the order of computation. */
  readonly layers: readonly LayerMeasures[];
  readonly variables: readonly VariableMeasures[];
  /** Norm of the gradient over all trained variables, before clipping. */
  readonly gradientNorm: number;
  /** What was not finite first, in words. */
  readonly notFinite: NotFinite | undefined;
}

/** The first value that was not finite. */
export interface NotFinite {
  readonly what: string;
  readonly layer: string;
}

/** Sums of one tensor: numbers are divided by `scale`, the largest magnitude, before they are squared. */
export interface RawScale {
  readonly scale: number;
  readonly min: number;
  readonly max: number;
  /** Means and mean squares for each unit, or one for all. */
  readonly means: ArrayLike<number>;
  readonly squares: ArrayLike<number>;
}

/** What is known of a use of a layer before it is run. */
export type LayerFacts = Pick<
  LayerMeasures,
  "name" | "label" | "kind" | "units" | "predecessors" | "trains" | "activation"
> & {
  /** Elements of its output. */
  readonly size: number;
  readonly isRectifier: boolean;
};

/** Numbers of one use of a layer in one batch. */
export interface RawLayer {
  readonly facts: LayerFacts;
  readonly output: RawScale;
  readonly gradient: RawScale | undefined;
  readonly input: RawScale | undefined;
  /** Largest slope of each unit's activation over the batch, as a share of the largest possible. */
  readonly slopes: ArrayLike<number> | undefined;
  /** For each unit the share of values at which the slope is small. */
  readonly saturated: ArrayLike<number> | undefined;
  readonly overTime: ArrayLike<number> | undefined;
}

/** Numbers of one batch. */
export interface RawMeasures {
  readonly loss: number;
  readonly layers: readonly RawLayer[];
  readonly variables: readonly VariableMeasures[];
  readonly notFinite: NotFinite | undefined;
}

/** A unit whose slope stays below this share of the largest for all samples is dead: no gradient to speak of. */
const deadSlope = 0.01;

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const rootMean = (squares: readonly number[]): number => Math.sqrt(mean(squares));

const sources = /* @__PURE__ */ new WeakMap<Measures, readonly RawMeasures[]>();

/** Measures of several runs of the same model as one. */
export const mergeMeasures = (list: readonly Measures[]): Measures =>
  summarize(list.flatMap((one) => sources.get(one) ?? []));

/** Measures from the numbers of one or several batches. */
export function summarize(raws: readonly RawMeasures[]): Measures {
  const [first] = raws;
  const layers = (first?.layers ?? []).map((_, index) => layerOf(raws.map((raw) => raw.layers[index] as RawLayer)));
  const variables = (first?.variables ?? []).map((variable, index): VariableMeasures => {
    const all = raws.map((raw) => raw.variables[index] as VariableMeasures);
    const root = (of: "weight" | "gradient" | "update") => rootMean(all.map((one) => one[of] * one[of]));
    const [weight, update] = [root("weight"), root("update")];
    return {
      ...variable,
      weight,
      gradient: root("gradient"),
      update,
      ratio: update === 0 ? 0 : update / weight,
      isSymmetric: all.every((one) => one.isSymmetric),
    };
  });
  const found: Measures = {
    loss: mean(raws.map(({ loss }) => loss)),
    layers,
    variables,
    gradientNorm: Math.sqrt(variables.reduce((sum, one) => sum + one.gradient * one.gradient * sizeOf(one.shape), 0)),
    notFinite: raws.find(({ notFinite }) => notFinite)?.notFinite,
  };
  sources.set(found, raws);
  return found;
}

function layerOf(raws: readonly RawLayer[]): LayerMeasures {
  const [{ facts }] = raws as readonly [RawLayer];
  const { size, isRectifier, ...rest } = facts;
  const present = <T>(list: readonly (T | undefined)[]): T[] => list.filter((one) => one !== undefined);
  const gradients = present(raws.map(({ gradient }) => gradient));
  const inputs = present(raws.map(({ input }) => input));
  const slopes = present(raws.map((raw) => raw.slopes));
  const saturated = present(raws.map((raw) => raw.saturated));
  const overTime = present(raws.map((raw) => raw.overTime));
  const gradientScale = gradients.length > 0 ? scaleOf(gradients) : undefined;
  return {
    ...rest,
    values: (size / Math.max(1, facts.units)) * raws.length,
    activations: scaleOf(raws.map(({ output }) => output)),
    variation: variationOf(raws.map(({ output }) => output)),
    gradients: gradientScale,
    gradientNorm: (gradientScale?.rms ?? 0) * Math.sqrt(size),
    dead:
      isRectifier && slopes.length > 0
        ? mean(acrossBatches(slopes, (values) => Math.max(...values)).map((slope) => (slope < deadSlope ? 1 : 0)))
        : undefined,
    saturated: !isRectifier && saturated.length > 0 ? mean(acrossBatches(saturated, mean)) : undefined,
    input: inputs.length > 0 ? scaleOf(inputs) : undefined,
    gradientOverTime:
      overTime.length > 0 ? acrossBatches(overTime, (values) => rootMean(values.map((v) => v * v))) : undefined,
  };
}

/** For each unit what `combine` makes of its numbers in all batches that have as many. */
function acrossBatches(lists: readonly ArrayLike<number>[], combine: (values: number[]) => number): number[] {
  const length = lists[0]?.length ?? 0;
  const equal = lists.filter((list) => list.length === length);
  return Array.from({ length }, (_, unit) => combine(equal.map((list) => list[unit] as number)));
}

function unitsOf(raws: readonly RawScale[]): { means: number[]; squares: number[] } {
  const scaled = (of: "means" | "squares") =>
    acrossBatches(
      raws.map((raw) => Array.from(raw[of], (v) => v * raw.scale * (of === "squares" ? raw.scale : 1))),
      mean,
    );
  return { means: scaled("means"), squares: scaled("squares") };
}

function scaleOf(raws: readonly RawScale[]): Scale {
  const { means, squares } = unitsOf(raws);
  const [average, square] = [mean(means), mean(squares)];
  return {
    mean: average,
    stddev: Math.sqrt(Math.max(0, square - average * average)),
    min: Math.min(...raws.map((raw) => raw.min)),
    max: Math.max(...raws.map((raw) => raw.max)),
    rms: Math.sqrt(square),
  };
}

function variationOf(raws: readonly RawScale[]): number {
  const { means, squares } = unitsOf(raws);
  return Math.sqrt(
    Math.max(
      0,
      mean(
        squares.map((square, unit) => {
          const variance = square - (means[unit] as number) * (means[unit] as number);
          // float32 sums: what is far below a mean square is rounding.
          return variance < 1e-6 * square ? 0 : variance;
        }),
      ),
    ),
  );
}

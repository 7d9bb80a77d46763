// The gradient check: recorded gradients against central differences.
import type { Executable } from "../backends/backend.ts";
import { bind, evaluate } from "../backends/evaluate.ts";
import { js } from "../backends/js/index.js";
import { compile } from "../compiler/compile.js";
import { variablesIn } from "../compiler/graph.ts";
import { permutation } from "../data/rng.ts";
import { AreteError, message, valueError } from "../errors.ts";
import type { TypedArray } from "../ir/dtype.ts";
import { formatShape, type Shape, sizeOf } from "../ir/shape.ts";
import type { Layer } from "../nn/layer.ts";
import { checkOptions } from "../options.ts";
import { gradients } from "../tensor/autodiff.ts";
import { add, mul, placeholder, sum, tensor } from "../tensor/ops/index.ts";
import { type NestedArray, Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { indexIn } from "./index-in.ts";
import { asFunction } from "./layer-function.ts";
import { replaceVariables, valuesOf } from "./variables.ts";

/** Options of {@link checkGradients}. */
export interface GradientCheckOptions {
  /** Step of the central differences, relative to the larger of 1 and |x|. Default 1e-5. */
  h?: number;
  /** Largest error allowed, relative to the largest of 1 and the two values. Default 1e-6. */
  tolerance?: number;
  /** Elements checked per input; of larger inputs a sample. Default 256. */
  maxElements?: number;
  /** Chooses the sample, and the first weights and the noise of a layer. Default 0. */
  seed?: number;
  /** Which variables are checked beside the inputs. Default: all trainable ones that f reads. */
  variables?: readonly Variable[];
  /**
   * Whether a layer is checked as in train steps (dropout on, batch statistics in use) or as in predictions. Default
   * true.
   */
  training?: boolean;
}

/**
 * A layer, or a model. Every `Layer` has these; they are written out because the declarations of a `Layer` would draw
 * those of all ops into what both of the package's entries share, where their namespace cannot be declared.
 */
export interface CheckedLayer {
  readonly kind: string;
  ensureBuilt(inputShape: readonly (number | null)[]): void;
  initialize(seed: number): void;
  call(inputs: Tensor | readonly Tensor[], ctx: never): Tensor | readonly Tensor[];
  penalties(): Tensor[];
}

/** One element of a gradient, both ways. */
export interface GradientElement {
  /** `input 0`, or `variable "dense/kernel"`. */
  readonly name: string;
  /** Where in it, axis by axis. */
  readonly index: readonly number[];
  /** What `gradients` recorded. */
  readonly recorded: number;
  /** The central difference. */
  readonly difference: number;
  /** |recorded − difference| relative to the largest of 1 and the two. */
  readonly error: number;
}

/** The result of a check that passed. */
export interface GradientReport {
  /** How many elements were compared. */
  readonly checked: number;
  /** The one that came closest to failing; undefined where there was none. */
  readonly worst: GradientElement | undefined;
}

/**
 * Holds recorded gradients against central differences (f(x + h) − f(x − h)) / 2h in float64. Results are reduced to a
 * scalar with fixed weights that all differ, so that an error cannot cancel. Variables that f reads are checked, too,
 * on copies: they stay as they are, where they are.
 *
 * @param f any function made of ops; wrap a gradient in it to check the second derivative. Or a layer, which is built
 * for the inputs and gets first
 *   weights where it has none; what it adds to the loss counts.
 * @param inputs values at which to check; those of dtype int32 (indices, labels) are passed on and have no gradient.
 * Keep away from
 *   kinks: no derivative is right there.
 * @throws AreteError that names the worst element, where one is further off than the tolerance.
 * @example await checkGradients((x, w) => tanh(matmul(x, w)), [[[1, 2]], [[3], [4]]]);
 * @example await checkGradients(dense(3, { activation: "elu" }), [[[1, 2]]]);
 */
export async function checkGradients(
  f: ((...inputs: Tensor[]) => Tensor | readonly Tensor[]) | CheckedLayer,
  inputs: readonly (Tensor | NestedArray)[],
  options: GradientCheckOptions = {},
): Promise<GradientReport> {
  const {
    h = 1e-5,
    tolerance = 1e-6,
    maxElements = 256,
    seed = 0,
    variables,
    training = true,
  } = checkOptions("checkGradients", options, {
    h: "number",
    tolerance: "number",
    maxElements: "number",
    seed: "number",
    variables: "list",
    training: "boolean",
  });
  const backend = js({ precision: "float64" });
  const constants = inputs.map((input) => (input instanceof Tensor ? input : tensor(input)));
  const places = constants.map(({ shape, dtype }, index) => placeholder(`input ${index}`, shape, dtype));
  const outputs = (typeof f === "function" ? f : asFunction(f as unknown as Layer, { training, seed }))(...places);
  const recorded = (Array.isArray(outputs) ? outputs : [outputs]).map(weightedSum).reduce((a, b) => add(a, b));

  const found = variablesIn([recorded]);
  const checked = new Set(variables ?? found.filter(({ trainable }) => trainable));
  const nodes = new Map(
    found.map((variable) => [
      variable,
      placeholder(`variable "${variable.name}" (${variable.id})`, variable.shape, variable.dtype),
    ]),
  );
  const loss = replaceVariables(recorded, nodes);
  const data = await evaluate(constants, backend);
  const all: Place[] = [
    ...places.map((place, index) => ({
      place,
      data: data[index] as TypedArray,
      name: `input ${index}`,
      isChecked: place.dtype === "float32",
    })),
    ...(await Promise.all(
      found.map(async (variable) => ({
        place: nodes.get(variable) as Tensor,
        data: await valuesOf(variable, backend),
        name: `variable "${variable.name}"`,
        isChecked: checked.has(variable),
      })),
    )),
  ];
  return compareAll(loss, all, { h, tolerance, maxElements, seed });
}

/** What the loss is a function of. */
interface Place {
  readonly place: Tensor;
  readonly data: TypedArray;
  readonly name: string;
  readonly isChecked: boolean;
}

async function compareAll(
  loss: Tensor,
  places: readonly Place[],
  { h, tolerance, maxElements, seed }: Steps,
): Promise<GradientReport> {
  const backend = js({ precision: "float64" });
  const prepare = async (outputs: Record<string, Tensor>): Promise<Prepared> => {
    const graph = compile({ outputs });
    return { executable: await bind(graph, backend), places, used: new Set(Object.keys(graph.program.inputs)) };
  };
  const asked = places.filter(({ isChecked }) => isChecked);
  const slopes = gradients(
    loss,
    asked.map(({ place }) => place),
  );
  const forward = await prepare({ loss });
  const backward = await prepare(Object.fromEntries(slopes.map((gradient, index) => [`gradient_${index}`, gradient])));
  writeAll(backward);
  backward.executable.run();
  let count = 0;
  let worst: GradientElement | undefined;
  let shape: Shape = [];
  for (const [index, at] of asked.entries()) {
    const name = `gradient_${index}`;
    const gradient = (await backward.executable.read([name]))[name] as TypedArray;
    for (const element of permutation(at.data.length, seed).subarray(0, maxElements)) {
      const difference = await centralDifference(forward, at.data, element, h);
      const error = relativeError(gradient[element] as number, difference);
      count++;
      // Written so that a NaN counts as the worst.
      if (worst && error <= worst.error) continue;
      shape = at.place.shape;
      worst = {
        name: at.name,
        index: indexIn(shape, element),
        recorded: gradient[element] as number,
        difference,
        error,
      };
      if (Number.isNaN(error)) break;
    }
    if (Number.isNaN(worst?.error)) break;
  }
  if (worst && !(worst.error <= tolerance)) throw failure(worst, shape, tolerance);
  return { checked: count, worst };
}

type Steps = Readonly<Required<Pick<GradientCheckOptions, "h" | "tolerance" | "maxElements" | "seed">>>;

/** A loaded program with the data for its placeholders, of which it may use only some. */
interface Prepared {
  readonly executable: Executable;
  readonly places: readonly Place[];
  readonly used: ReadonlySet<string>;
}

/** Inputs do not outlive a run, so all of them are written before each. */
function writeAll({ executable, places, used }: Prepared): void {
  for (const { place, data } of places) {
    const { name } = place.attrs as { name: string };
    if (used.has(name)) executable.input(name).write(data);
  }
}

async function centralDifference(prepared: Prepared, x: TypedArray, element: number, h: number): Promise<number> {
  const centre = x[element] as number;
  const step = h * Math.max(1, Math.abs(centre));
  const at = async (value: number): Promise<number> => {
    x[element] = value;
    writeAll(prepared);
    prepared.executable.run();
    x[element] = centre;
    return (await prepared.executable.read(["loss"])).loss[0] as number;
  };
  const [high, low] = [centre + step, centre - step];
  // The step as float64 has it, which is not quite what was asked for.
  return ((await at(high)) - (await at(low))) / (high - low);
}

function relativeError(recorded: number, difference: number): number {
  return recorded === difference
    ? 0
    : Math.abs(recorded - difference) / Math.max(1, Math.abs(recorded), Math.abs(difference));
}

/** Σ w·y with weights from 0.5 to 1.5, spread by the golden ratio; the first, and so that of a scalar, is 1. */
function weightedSum(y: Tensor): Tensor {
  if (y.dtype !== "float32")
    throw valueError("checkGradients", {
      rule: "f must give a float32 tensor",
      expected: "float32",
      received: y.dtype,
    });
  const weights = Float64Array.from(
    { length: sizeOf(y.shape) },
    (_, index) => 0.5 + ((0.5 + index * 0.6180339887498949) % 1),
  );
  return sum(mul(y, tensor(weights, y.shape)));
}

function failure(
  { name, index, recorded, difference, error }: GradientElement,
  shape: Shape,
  tolerance: number,
): AreteError {
  return new AreteError(
    message("checkGradients", {
      rule: "a recorded gradient must equal the central difference",
      expected: difference,
      received: recorded,
      context: `${name} ${formatShape(shape)}, element ${formatShape(index)}, relative error ${error.toExponential(2)}, tolerance ${tolerance}`,
      advice: "Check the op's gradient, and that the input is not at a kink.",
    }),
  );
}

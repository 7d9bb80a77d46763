import type { Executable } from "../backends/backend.ts";
import { bind, evaluate } from "../backends/evaluate.ts";
import { js } from "../backends/js/index.ts";
import { compile } from "../compiler/compile.ts";
import { permutation } from "../data/rng.ts";
import { AreteError, message, valueError } from "../errors.ts";
import { gradients } from "../tensor/autodiff.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import { mul, placeholder, sum, tensor } from "../tensor/ops/index.ts";
import { formatShape, sizeOf } from "../tensor/shape.ts";
import { type NestedArray, Tensor } from "../tensor/tensor.ts";

/** Options of {@link checkGradients}. */
export interface GradientCheckOptions {
  /** Step of the central differences, relative to the larger of 1 and |x|. Default 1e-5. */
  h?: number;
  /** Largest error allowed, relative to the largest of 1 and the two values. Default 1e-6. */
  tolerance?: number;
  /** Elements checked per input; of larger inputs a sample. Default 256. */
  maxElements?: number;
  /** Chooses the sample. Default 0. */
  seed?: number;
}

/** One element of a gradient, both ways. */
export interface GradientElement {
  /** Which of the inputs, and where in it in row-major order. */
  readonly input: number;
  readonly element: number;
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
 * Holds recorded gradients against central differences (f(x + h) − f(x − h)) / 2h in float64. A result with axes is reduced to a scalar
 * with fixed weights that all differ, so that an error cannot cancel.
 *
 * @param f any function made of ops. Wrap a gradient in it to check the second derivative.
 * @param inputs values at which to check; those of dtype int32 (indices, labels) are passed on and have no gradient. Keep away from
 *   kinks: no derivative is right there.
 * @throws AreteError that names the worst element, where one is further off than the tolerance.
 * @example await checkGradients((x, w) => tanh(matmul(x, w)), [[[1, 2]], [[3], [4]]]);
 */
export async function checkGradients(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly (Tensor | NestedArray)[],
  { h = 1e-5, tolerance = 1e-6, maxElements = 256, seed = 0 }: GradientCheckOptions = {},
): Promise<GradientReport> {
  const backend = js({ precision: "float64" });
  const constants = inputs.map((input) => (input instanceof Tensor ? input : tensor(input)));
  const values = await evaluate(constants, backend);
  const places = constants.map(({ shape, dtype }, index) => placeholder(nameOf(index), shape, dtype));
  const loss = weightedSum(f(...places));
  const floats = places.flatMap((place, index) => (place.dtype === "float32" ? [index] : []));
  const recorded = gradients(
    loss,
    floats.map((index) => places[index] as Tensor),
  );

  const prepare = async (outputs: Record<string, Tensor>): Promise<Prepared> => {
    const graph = compile({ outputs });
    return { executable: await bind(graph, backend), values, used: new Set(Object.keys(graph.program.inputs)) };
  };
  const forward = await prepare({ loss });
  const backward = await prepare(Object.fromEntries(recorded.map((gradient, k) => [nameOf(floats[k] as number), gradient])));
  writeAll(backward);
  backward.executable.run();
  let checked = 0;
  let worst: GradientElement | undefined;
  for (const input of floats) {
    const x = values[input] as TypedArray;
    const gradient = await backward.executable.output(nameOf(input)).read();
    for (const element of permutation(x.length, seed).subarray(0, maxElements)) {
      const difference = await centralDifference(forward, input, element, h);
      const found = compare(input, element, gradient[element] as number, difference);
      checked++;
      // Written so that a NaN counts as the worst.
      if (!worst || !(found.error <= worst.error)) worst = found;
      if (Number.isNaN(found.error)) break;
    }
  }
  if (worst && !(worst.error <= tolerance)) throw failure(worst, constants[worst.input] as Tensor, tolerance);
  return { checked, worst };
}

/** A loaded program with the data for its placeholders, of which it may use only some. */
interface Prepared {
  readonly executable: Executable;
  readonly values: readonly TypedArray[];
  readonly used: ReadonlySet<string>;
}

const nameOf = (index: number): string => `input_${index}`;

/** Inputs do not outlive a run, so all of them are written before each. */
function writeAll({ executable, values, used }: Prepared): void {
  values.forEach((data, index) => {
    if (used.has(nameOf(index))) executable.input(nameOf(index)).write(data);
  });
}

async function centralDifference(prepared: Prepared, input: number, element: number, h: number): Promise<number> {
  const x = prepared.values[input] as TypedArray;
  const centre = x[element] as number;
  const step = h * Math.max(1, Math.abs(centre));
  const at = async (value: number): Promise<number> => {
    x[element] = value;
    writeAll(prepared);
    prepared.executable.run();
    x[element] = centre;
    return (await prepared.executable.output("loss").read())[0] as number;
  };
  const [high, low] = [centre + step, centre - step];
  // The step as float64 has it, which is not quite what was asked for.
  return ((await at(high)) - (await at(low))) / (high - low);
}

function compare(input: number, element: number, recorded: number, difference: number): GradientElement {
  const error = recorded === difference ? 0 : Math.abs(recorded - difference) / Math.max(1, Math.abs(recorded), Math.abs(difference));
  return { input, element, recorded, difference, error };
}

/** Σ w·y with weights from 0.5 to 1.5, spread by the golden ratio; the first, and so that of a scalar, is 1. */
function weightedSum(y: Tensor): Tensor {
  if (y.dtype !== "float32") throw valueError("checkGradients", { rule: "f must give a float32 tensor", expected: "float32", received: y.dtype });
  const weights = Float64Array.from({ length: sizeOf(y.shape) }, (_, index) => 0.5 + ((0.5 + index * 0.6180339887498949) % 1));
  return sum(mul(y, tensor(weights, y.shape)));
}

function failure({ input, element, recorded, difference, error }: GradientElement, { shape }: Tensor, tolerance: number): AreteError {
  return new AreteError(
    message("checkGradients", {
      rule: "a recorded gradient must equal the central difference",
      expected: difference,
      received: recorded,
      context: `input ${input} ${formatShape(shape)}, element ${element}, relative error ${error.toExponential(2)}, tolerance ${tolerance}`,
      advice: "Check the op's vjp, and that the input is not at a kink.",
    }),
  );
}

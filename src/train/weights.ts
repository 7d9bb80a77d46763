import { type ArrayInput, type HostArray, toHostArray } from "../data/array.ts";
import { shapeError, valueError } from "../errors.ts";
import { formatShape, sameShape } from "../ir/shape.ts";
import type { Variable } from "../tensor/variable.ts";

/**
 * Sets variables from arrays in the same order, all or none.
 * @throws ValueError where the number of arrays differs, ShapeError where a shape does.
 */
export function assignWeights(owner: string, variables: readonly Variable[], weights: readonly ArrayInput[]): void {
  if (!Array.isArray(weights) || weights.length !== variables.length) {
    throw valueError(owner, {
      rule: "as many arrays as the model has variables",
      expected: variables.length,
      received: Array.isArray(weights) ? weights.length : weights,
    });
  }
  assign(
    variables.map((variable, index) => [
      variable,
      valueFor(owner, `weights[${index}]`, weights[index] as ArrayInput, variable),
    ]),
  );
}

/** Sets variables to values that were checked. */
export function assign(values: readonly (readonly [Variable, HostArray])[]): void {
  for (const [variable, { data }] of values) variable.assign(data);
}

/**
 * An array as the value of a variable. NaN and infinities are values that a weight may have.
 * @throws ShapeError where the shape is another, ValueError on a finite number that is too large for float32.
 */
export function valueFor(
  owner: string,
  name: string,
  given: ArrayInput,
  variable: Variable,
  rule = `${name} must have the shape of "${variable.name}"`,
): HostArray {
  const array = toHostArray(name, given);
  if (!sameShape(array.shape, variable.shape)) {
    throw shapeError(owner, {
      rule,
      expected: formatShape(variable.shape),
      received: formatShape(array.shape),
    });
  }
  if (given instanceof Object && "data" in given && given.data instanceof Float32Array) return array;
  // Conversion to float32 has made what is too large infinite: compare with what was given.
  const original: ArrayLike<unknown> = Array.isArray(given) ? given.flat(Number.POSITIVE_INFINITY) : array.data;
  array.data.forEach((value, index) => {
    if (Math.abs(Math.fround(value)) < Number.POSITIVE_INFINITY || !Number.isFinite(original[index])) return;
    throw valueError(owner, {
      rule: `${name} must hold numbers that float32 can hold`,
      expected: "at most 3.4e38",
      received: original[index],
    });
  });
  return array;
}

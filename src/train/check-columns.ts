import type { HostArray } from "../data/array.ts";
import { type Complaint, shapeError, valueError } from "../errors.ts";
import { formatShape, sizeOf } from "../ir/shape.ts";
import type { Loss } from "../nn/loss.ts";
import type { SymbolicTensor } from "../nn/symbolic.ts";
import type { Columns } from "./batch.ts";
import type { DataTarget } from "./columns.ts";

/**
 * Checks data before anything runs: shapes of samples; then, in one pass over them, that numbers are finite in float32,
 * that what feeds whole-number inputs is whole, that what feeds embeddings numbers their vectors, and that class labels
 * exist.
 * @throws ShapeError or ValueError naming the array and the sample.
 */
export function checkColumns({ label, network, losses, checkData }: DataTarget, columns: Columns): void {
  checkShapes(label, columns.x, network.starts);
  if (!checkData) return;
  columns.x.forEach((array, index) => {
    const name = nameIn("x", columns.x, index);
    checkFinite(label, name, array);
    const limit = network.indexLimit(index);
    if (limit !== undefined) {
      checkEach(label, array, isBelow(limit), {
        rule: `${name} feeds an embedding, so it must hold the numbers of its vectors`,
        expected: `whole numbers from 0 to ${limit - 1}`,
        advice: "inputDim of an embedding is the largest number plus 1.",
      });
    } else if (network.starts[index]?.dtype === "int32") {
      // Whole numbers of 32 bits alone stay what they are.
      checkEach(label, array, (value) => (value | 0) === value, {
        rule: `${name} feeds an int32 input, so it must hold whole numbers`,
        expected: "whole numbers from −2³¹ to 2³¹ − 1",
      });
    }
  });
  columns.y.forEach((array, index) => {
    if (!array) return;
    const name = nameIn("y", columns.y, index);
    checkFinite(label, name, array);
    checkLabels(label, name, array, losses[index], network.outputs[index] as SymbolicTensor);
  });
  columns.weights.forEach((array, index) => {
    if (array) checkFinite(label, nameIn("sampleWeight", columns.weights, index), array);
  });
}

/** `x`, or `x[1]` where there are several. */
export const nameIn = (what: string, list: readonly unknown[], index: number) =>
  list.length === 1 ? what : `${what}[${index}]`;

/** Checks that samples have the shapes of a model's inputs. @throws ShapeError naming the array. */
export function checkShapes(label: string, x: readonly HostArray[], inputs: readonly SymbolicTensor[]): void {
  x.forEach((array, index) => {
    checkSampleShape(label, nameIn("x", x, index), array, inputs[index] as SymbolicTensor);
  });
}

function checkSampleShape(label: string, name: string, array: HostArray, { shape }: SymbolicTensor): void {
  const fits =
    array.shape.length === shape.length &&
    shape.every((extent, axis) => axis === 0 || extent === null || extent === array.shape[axis]);
  if (fits) return;
  throw shapeError(label, {
    rule: `${name} must have the model's input shape`,
    expected: formatShape(shape),
    received: formatShape(array.shape),
  });
}

/** 0, but NaN for what is no finite number in float32. */
function zero(given: number | undefined): number {
  const value = Math.fround(given as number);
  return value - value;
}

function checkFinite(label: string, name: string, { data, shape }: HostArray): void {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return;
  let i = 0;
  // Four at a time: this takes half as long.
  while (i < data.length - 3 && zero(data[i]) + zero(data[i + 1]) + zero(data[i + 2]) + zero(data[i + 3]) === 0) i += 4;
  for (; i < data.length; i++) {
    if (zero(data[i]) !== 0) {
      refuse(label, { data, shape }, i, {
        rule: `${name} must hold finite numbers only`,
        expected: "finite numbers, of float32: up to 3.4e38",
        advice: "Clean the data first, or set checkData to false.",
      });
    }
  }
}

function checkLabels(
  label: string,
  name: string,
  array: HostArray,
  loss: Loss | undefined,
  output: SymbolicTensor,
): void {
  const { kind, axis = -1, ignoreClass } = loss?.labels ?? {};
  const classes = output.shape.at(axis);
  if (kind !== "class" || typeof classes !== "number") return;
  const isClass = isBelow(classes);
  checkEach(label, array, (value) => isClass(value) || value === ignoreClass, {
    rule: `${name} must hold class numbers`,
    expected: `whole numbers from 0 to ${classes - 1}${ignoreClass === undefined ? "" : `, or ${ignoreClass}`}`,
    advice: "The last layer needs a unit for each class; classes are numbered from 0.",
  });
}

const isBelow = (limit: number) => (value: number) => value >= 0 && value < limit && Number.isInteger(value);

type Rule = Omit<Complaint, "received" | "context">;

function checkEach(label: string, array: HostArray, holds: (value: number) => boolean, rule: Rule): void {
  const { data } = array;
  for (let i = 0; i < data.length; i++) if (!holds(data[i] as number)) refuse(label, array, i, rule);
}

function refuse(label: string, { data, shape }: HostArray, index: number, rule: Rule): never {
  const sample = Math.floor(index / Math.max(1, sizeOf(shape.slice(1))));
  throw valueError(label, { ...rule, received: data[index], context: `sample ${sample}, index ${index} of the data` });
}

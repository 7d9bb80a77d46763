import type { HostArray } from "../data/array.ts";
import { shapeError, valueError } from "../errors.ts";
import type { Loss } from "../nn/loss.ts";
import type { SymbolicTensor } from "../nn/symbolic.ts";
import { placeholder } from "../tensor/ops/leaf.ts";
import { formatShape, sizeOf } from "../tensor/shape.ts";
import type { Columns } from "./batch.ts";

/** What data are held against. */
export interface Expectations {
  readonly label: string;
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
  readonly losses: readonly Loss[];
  /** With false, the numbers themselves are not looked at. */
  readonly checkData: boolean;
}

/**
 * Checks data before anything runs: shapes of samples; then, in one pass over them, that numbers are finite, that what feeds whole-number
 * inputs is whole, and that class labels exist.
 * @throws ShapeError or ValueError naming the array and the sample.
 */
export function checkColumns({ label, inputs, outputs, losses, checkData }: Expectations, columns: Columns): void {
  columns.x.forEach((array, index) => {
    const input = inputs[index] as SymbolicTensor;
    const name = nameIn("x", columns.x, index);
    checkSampleShape(label, name, array, input);
    if (!checkData) return;
    checkFinite(label, name, array);
    if (input.dtype === "int32") checkWhole(label, name, array);
  });
  columns.y.forEach((array, index) => {
    if (!checkData) return;
    const name = nameIn("y", columns.y, index);
    checkFinite(label, name, array);
    checkLabels(label, name, array, losses[index], outputs[index] as SymbolicTensor);
  });
  if (!checkData) return;
  columns.weights.forEach((array, index) => {
    if (array) checkFinite(label, nameIn("sampleWeight", columns.weights, index), array);
  });
}

const nameIn = (what: string, list: readonly unknown[], index: number) => (list.length === 1 ? what : `${what}[${index}]`);

function checkSampleShape(label: string, name: string, array: HostArray, { shape }: SymbolicTensor): void {
  const fits = array.shape.length === shape.length && shape.every((extent, axis) => axis === 0 || extent === null || extent === array.shape[axis]);
  if (fits) return;
  const sizes = shape.slice(1).every((extent) => extent !== null) && sizeOf(shape.slice(1) as number[]) === sizeOf(array.shape.slice(1));
  throw shapeError(label, {
    rule: `${name} must have the model's input shape`,
    expected: formatShape(shape),
    received: formatShape(array.shape),
    advice: sizes ? "Reshape it, or begin the model with flatten or reshape." : "Check inputShape; the first axis counts the samples.",
  });
}

function checkFinite(label: string, name: string, { data, shape }: HostArray): void {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return;
  for (let i = 0; i < data.length; i++) {
    // x − x is NaN for NaN and ±∞ alone.
    if ((data[i] as number) - (data[i] as number) !== 0) {
      throw valueError(label, {
        rule: `${name} must hold finite numbers only`,
        expected: "finite numbers",
        received: data[i],
        context: `sample ${sampleOf(i, shape)}, index ${i} of the data`,
        advice: "Clean the data first, or set checkData to false.",
      });
    }
  }
}

function checkWhole(label: string, name: string, { data, shape }: HostArray): void {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return;
  const at = data.findIndex((value) => !Number.isInteger(value));
  if (at < 0) return;
  throw valueError(label, {
    rule: `${name} feeds an int32 input, so it must hold whole numbers`,
    expected: "whole numbers",
    received: data[at],
    context: `sample ${sampleOf(at, shape)}`,
  });
}

function checkLabels(label: string, name: string, { data, shape }: HostArray, loss: Loss | undefined, output: SymbolicTensor): void {
  const classes = output.shape.at(-1);
  if (loss?.name !== "sparseCategoricalCrossentropy" || typeof classes !== "number" || ignoresSome(loss)) return;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (Number.isInteger(value) && value >= 0 && value < classes) continue;
    throw valueError(label, {
      rule: `${name} must hold class numbers`,
      expected: `whole numbers from 0 to ${classes - 1}`,
      received: value,
      context: `sample ${sampleOf(i, shape)}`,
      advice: "The last layer needs a unit for each class; classes are numbered from 0.",
    });
  }
}

/** Whether the loss has a class that it passes over, whose number may be anything. */
function ignoresSome(loss: Loss): boolean {
  return loss.mask?.(placeholder("labels", [1]), placeholder("values", [1])) !== undefined;
}

const sampleOf = (index: number, shape: readonly number[]) => Math.floor(index / Math.max(1, sizeOf(shape.slice(1))));

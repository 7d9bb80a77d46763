// Predictions of real Keras for a file, and whether they are ours.
import { expect } from "vitest";
import type { Model } from "../../src/index.ts";
import { runPython } from "./python.ts";

interface Numbers {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Inputs, and what Keras predicts for them. */
export interface KerasPredictions {
  readonly x: Numbers;
  readonly predictions: Numbers;
}

/** Loads a file in real Keras, and has it predict. @param inputs a file of float32 numbers; default: random ones. */
export function predictInKeras(file: string, ...inputs: string[]): KerasPredictions {
  const { x, predictions } = runPython("predict.py", file, ...inputs) as Readonly<Record<"x" | "predictions", Numbers>>;
  const numbers = ({ data, shape }: Numbers) => ({ data: Float32Array.from(data), shape });
  return { x: numbers(x), predictions: numbers(predictions) };
}

/** Expects that a model predicts the same within 1e-5, and that this says something: inputs are told apart. */
export async function expectPredictions(model: Model, { x, predictions }: KerasPredictions): Promise<void> {
  const found = await model.predict(x);
  expect(found.shape).toEqual(predictions.shape);
  const data = await found.data();
  const differences = Array.from(data, (p, i) => Math.abs(p - (predictions.data[i] as number)));
  expect(Math.max(...differences)).toBeLessThan(1e-5);
  const width = data.length / (found.shape[0] as number);
  for (let start = width; start < data.length; start += width)
    expect(Math.max(...data.slice(0, width).map((p, i) => Math.abs(p - (data[start + i] as number))))).toBeGreaterThan(
      1e-3,
    );
}

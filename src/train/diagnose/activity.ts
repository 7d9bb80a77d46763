// Which activation function ends a layer, and where its slope is small.
import { abs, elementwiseOp, less } from "../../tensor/ops/elementwise.ts";
import { scalar } from "../../tensor/ops/leaf.ts";
import { max, mean } from "../../tensor/ops/reduction.ts";
import { broadcastTo } from "../../tensor/ops/shaping.ts";
import { softmaxOp } from "../../tensor/ops/softmax.ts";
import type { Params, ScalarFunction } from "../../tensor/scalar/function.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** An activation function found in a graph. */
export interface FoundActivation {
  /** As by name: "relu", "sigmoid", "softmax", "leakyRelu". */
  readonly name: string;
  /** What the function was applied to and gave. */
  readonly node: Tensor;
  /** Whether it is flat on one side only, like relu; false for functions that are bounded, like sigmoid. */
  readonly isRectifier: boolean;
  /** The largest slope; undefined where the slope is never small, or is no matter of one element. */
  readonly steepest: number | undefined;
}

/** The largest slopes of functions that have flat parts. */
const rectifiers: Readonly<Record<string, number>> = {
  relu: 1,
  elu: 1,
  celu: 1,
  selu: 1.05,
  softplus: 1,
  silu: 1.1,
  mish: 1.09,
  gelu: 1.13,
  geluTanh: 1.13,
  hardSilu: 1.5,
  squareplus: 1,
  sparsePlus: 1,
};
const bounded: Readonly<Record<string, number>> = {
  sigmoid: 0.25,
  tanh: 1,
  softsign: 1,
  hardSigmoid: 1 / 6,
  hardTanh: 1,
  sparseSigmoid: 0.5,
};

/**
 * A value is saturated where the slope is below this share of the largest: for tanh outputs beyond ±0.97, for sigmoid
 * below 0.015 and above 0.985.
 * @see Karpathy 2022, "Building makemore part 3", which counts |tanh| > 0.97.
 */
export const flatSlope = 0.06;

/** Ops that only move numbers. */
const moving = new Set(["reshape", "transpose", "concat", "slice", "pad", "broadcastTo"]);

/** The activation function that a layer ends with, if it is one of those known here. */
export function activationOf(output: Tensor): FoundActivation | undefined {
  let node = output;
  while (moving.has(node.op.name) && node.inputs.length > 0) node = node.inputs.at(-1) as Tensor;
  if (node.op === softmaxOp) {
    const { log } = node.attrs as { log: boolean };
    return { name: log ? "logSoftmax" : "softmax", node, isRectifier: false, steepest: undefined };
  }
  if (node.op !== elementwiseOp || node.inputs.length !== 1) return undefined;
  const { fn, params } = node.attrs as { fn: ScalarFunction; params: Params };
  const leaky = fn.name === "relu" && params.negativeSlope !== 0;
  const name = leaky ? "leakyRelu" : fn.name;
  const steepest = leaky ? undefined : (rectifiers[name] ?? bounded[name]);
  if (steepest === undefined && !leaky && fn.name !== "exp" && fn.name !== "logSigmoid") return undefined;
  return { name, node, isRectifier: !(name in bounded), steepest };
}

/** For each unit the largest slope, and the share of flat places; undefined where the function has no flat parts. */
export function slopesOf({ node, steepest }: FoundActivation): { largest: Tensor; flat: Tensor } | undefined {
  if (steepest === undefined || node.rank < 2) return undefined;
  const [slope] = elementwiseOp.vjp(scalar(1 / steepest), node.inputs, node, node.attrs as never);
  if (!slope) return undefined;
  const size = abs(broadcastTo(slope, node.shape));
  const samples = node.shape.slice(0, -1).map((_, axis) => axis);
  return { largest: max(size, samples), flat: mean(less(size, flatSlope), samples) };
}

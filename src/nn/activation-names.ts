// Activations by name.
import { lookUp, valueError } from "../errors.ts";
import {
  type Activation,
  celu,
  elu,
  exponential,
  gelu,
  glu,
  hardShrink,
  hardSigmoid,
  hardSilu,
  hardTanh,
  leakyRelu,
  linear,
  logSigmoid,
  logSoftmax,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softShrink,
  softsign,
  sparsemax,
  sparsePlus,
  sparseSigmoid,
  squareplus,
  tanh,
  tanhShrink,
} from "./activations.ts";

/** Every activation that needs no options, by name. */
export const activations = {
  linear,
  relu,
  relu6,
  leakyRelu,
  elu,
  celu,
  selu,
  softplus,
  silu,
  swish: silu,
  mish,
  gelu,
  squareplus,
  sparsePlus,
  softsign,
  sigmoid,
  logSigmoid,
  tanh,
  exponential,
  hardSigmoid,
  hardSilu,
  hardSwish: hardSilu,
  hardTanh,
  sparseSigmoid,
  tanhShrink,
  hardShrink,
  softShrink,
  glu,
  softmax,
  logSoftmax,
  sparsemax,
} as const;

/** The name of an activation, such as "relu". */
export type ActivationName = keyof typeof activations;

/** An activation from its name, or a function as it is; `linear` where there is none. */
export function activationOf(given: ActivationName | Activation | null | undefined, owner = "activation"): Activation {
  if (given === undefined || given === null) return linear;
  if (typeof given === "function") return given;
  if (typeof given !== "string") {
    throw valueError(owner, {
      rule: "an activation is a name or a function of a tensor",
      expected: 'such as "relu"',
      received: given,
    });
  }
  // A wrapper, so that the second argument of array methods and the like never reaches an option.
  const fn: Activation = lookUp(owner, "activation", activations as Record<string, Activation>, given);
  return (x) => fn(x);
}

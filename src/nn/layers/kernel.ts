// Kernel, bias and activation: what dense and convolutional layers share.
import type { Shape } from "../../ir/shape.ts";
import type { OwnTable } from "../../options.ts";
import type { Constraint, ConstraintName } from "../../regularize/constraints.ts";
import type { Penalty, PenaltyName } from "../../regularize/penalties.ts";
import { add } from "../../tensor/ops/elementwise.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import type { ActivationName } from "../activation-names.ts";
import type { Activation } from "../activations.ts";
import type { InitializerName } from "../initializer-names.ts";
import type { Initializer } from "../initializers.ts";
import type { CallContext, LayerOptions, WeightOptions } from "../layer.ts";

/** Options of layers that multiply by a kernel, add a bias and apply an activation. */
export interface KernelOptions extends LayerOptions {
  /** Applied to the result. Default: none; null is none, too. */
  activation?: ActivationName | Activation | null;
  /** Whether to add a bias. Default true. */
  useBias?: boolean;
  /** Default "glorotUniform". */
  kernelInitializer?: InitializerName | Initializer;
  /** Default "zeros". */
  biasInitializer?: InitializerName | Initializer;
  /** A penalty such as `l2(1e-4)`, or its name: "l1", "l2", "l1l2". Default: none. */
  kernelRegularizer?: PenaltyName | Penalty;
  /** A penalty of the bias, or its name. Default: none. */
  biasRegularizer?: PenaltyName | Penalty;
  /** A constraint such as `maxNorm(3)`, or its name: "nonNeg", "unitNorm", "maxNorm", "minMaxNorm". Default: none. */
  kernelConstraint?: ConstraintName | Constraint;
  /** A constraint on the bias, or its name. Default: none. */
  biasConstraint?: ConstraintName | Constraint;
}

export const weightsTable: OwnTable<KernelOptions, LayerOptions & { activation: unknown }> = {
  useBias: "boolean",
  kernelInitializer: "string or function",
  biasInitializer: "string or function",
  kernelRegularizer: "string or function",
  biasRegularizer: "string or function",
  kernelConstraint: "string or function",
  biasConstraint: "string or function",
};

export const kernelTable = (): OwnTable<KernelOptions, LayerOptions> => ({
  activation: "string or function or null",
  ...weightsTable,
});

/** Makes the kernel, then the bias if there is to be one. */
export class Kernel {
  readonly kernel: Variable;
  readonly bias: Variable | undefined;

  /** @param make the layer's `addVariable`. */
  constructor(
    shape: Shape,
    units: number | Shape,
    options: KernelOptions,
    make: (name: string, shape: Shape, options: WeightOptions) => Variable,
  ) {
    const { useBias = true, kernelInitializer = "glorotUniform", biasInitializer = "zeros" } = options;
    const { kernelRegularizer, kernelConstraint, biasRegularizer, biasConstraint } = options;
    this.kernel = make("kernel", shape, {
      initializer: kernelInitializer,
      regularizer: kernelRegularizer,
      constraint: kernelConstraint,
      role: "kernel",
    });
    this.bias = useBias
      ? make("bias", typeof units === "number" ? [units] : units, {
          initializer: biasInitializer,
          regularizer: biasRegularizer,
          constraint: biasConstraint,
        })
      : undefined;
  }

  /** activation(product + bias). */
  finish(product: Tensor, activation: Activation, ctx: CallContext): Tensor {
    return activation(this.bias ? add(product, ctx.value(this.bias)) : product);
  }
}

import { shapeError, valueError } from "../../errors.ts";
import type { Constraint } from "../../regularize/constraints.ts";
import type { Penalty } from "../../regularize/penalties.ts";
import { add } from "../../tensor/ops/elementwise.ts";
import { matmul } from "../../tensor/ops/matmul.ts";
import { formatShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { type Activation, type ActivationName, activationOf } from "../activations.ts";
import type { Initializer, InitializerName } from "../initializers.ts";
import { type BatchShape, Layer, type LayerOptions } from "../layer.ts";

/** Options of {@link dense}. */
export interface DenseOptions extends LayerOptions {
  /** Default: none. */
  activation?: ActivationName | Activation;
  /** Default true. */
  useBias?: boolean;
  /** Default "glorotUniform". */
  kernelInitializer?: InitializerName | Initializer;
  /** Default "zeros". */
  biasInitializer?: InitializerName | Initializer;
  /** Default: none. */
  kernelRegularizer?: Penalty;
  biasRegularizer?: Penalty;
  kernelConstraint?: Constraint;
  biasConstraint?: Constraint;
}

/** See {@link dense}. */
export class Dense extends Layer {
  private readonly activation: Activation;
  private kernel?: Variable;
  private bias?: Variable;

  constructor(private readonly options: DenseOptions & { units: number }) {
    super("dense", options);
    const { units } = options;
    if (!Number.isInteger(units) || units < 1)
      throw valueError(this.label, { rule: "units must be a whole number", expected: "an integer ≥ 1", received: units });
    this.activation = activationOf(options.activation, this.label);
  }

  override get supportsMasking(): boolean {
    return true;
  }

  override build(inputShape: BatchShape): void {
    const { units, useBias = true, kernelInitializer = "glorotUniform", biasInitializer = "zeros" } = this.options;
    const { kernelRegularizer, kernelConstraint, biasRegularizer, biasConstraint } = this.options;
    const features = this.knownExtent(inputShape);
    this.kernel = this.addVariable("kernel", [features, units], {
      initializer: kernelInitializer,
      regularizer: kernelRegularizer,
      constraint: kernelConstraint,
    });
    if (useBias) this.bias = this.addVariable("bias", [units], { initializer: biasInitializer, regularizer: biasRegularizer, constraint: biasConstraint });
  }

  override call(x: Tensor): Tensor {
    const { kernel, bias } = this;
    if (!kernel || x.rank < 2 || x.shape.at(-1) !== kernel.shape[0]) {
      throw shapeError(this.label, {
        rule: "the input's last axis must be the kernel's first",
        expected: kernel?.shape[0] ?? "a layer that was built",
        received: x.rank < 2 ? `rank ${x.rank}` : x.shape.at(-1),
        context: `input ${formatShape(x.shape)}${kernel ? `, kernel ${formatShape(kernel.shape)}` : ""}`,
        advice: "Check inputShape.",
      });
    }
    const product = matmul(x, kernel.tensor);
    return this.activation(bias ? add(product, bias) : product);
  }
}

/**
 * activation(x·kernel + bias): every output sees every input.
 * Shapes: [batch, …, features] gives [batch, …, units]. Variables: kernel [features, units], bias [units].
 * @param units number of outputs, an integer ≥ 1.
 * @throws ValueError on bad units or unknown names; ShapeError where an input does not fit the kernel.
 * @see Keras 3 `layers.Dense`.
 */
export function dense(units: number, options: DenseOptions = {}): Dense {
  return new Dense({ ...options, units });
}

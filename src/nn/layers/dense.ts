// The fully connected layer.
import { checkCounts } from "../../checks.ts";
import { shapeError } from "../../errors.ts";
import { formatShape, mayEqual } from "../../ir/shape.ts";
import { withArguments } from "../../options.ts";
import { matmul } from "../../tensor/ops/matmul.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { activationOf } from "../activation-names.ts";
import type { Activation } from "../activations.ts";
import { type BatchShape, type CallContext, Layer } from "../layer.ts";
import { Kernel, type KernelOptions, kernelTable } from "./kernel.ts";

/** Options of {@link dense}. */
export type DenseOptions = KernelOptions;

type DenseConfig = DenseOptions & {
  /** Outputs of a sample, or of a step, ≥ 1. */
  units: number;
};

/** See {@link dense}. */
export class Dense extends Layer<DenseConfig> {
  private readonly activation: Activation;
  private weights?: Kernel;

  constructor(options: DenseConfig) {
    super("dense", options, { units: "number!", ...kernelTable() });
    const { units, activation } = this.config;
    checkCounts(this.label, { units });
    this.activation = activationOf(activation, this.label);
  }

  override get supportsMasking(): boolean {
    return true;
  }

  /** [features, units]. @throws StateError before the layer is built. */
  get kernel(): Variable {
    return this.weight("kernel");
  }

  /** [units]. @throws StateError before the layer is built. */
  get bias(): Variable {
    return this.weight("bias");
  }

  override build(inputShape: BatchShape): void {
    const { units } = this.config;
    this.weights = new Kernel([this.knownExtent(inputShape), units], units, this.config, this.addVariable.bind(this));
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    const weights = this.weights as Kernel;
    const { shape } = weights.kernel;
    if (x.rank < 2 || !mayEqual(x.shape.at(-1), shape[0])) {
      throw shapeError(this.label, {
        rule: "the input's last axis must be the kernel's first",
        expected: shape[0],
        received: x.rank < 2 ? `rank ${x.rank}` : x.shape.at(-1),
        context: `input ${formatShape(x.shape)}, kernel ${formatShape(shape)}`,
        advice: "Check inputShape.",
      });
    }
    return weights.finish(matmul(x, ctx.value(weights.kernel)), this.activation, ctx);
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
  return new Dense(withArguments("dense", options, "activation", { units }));
}

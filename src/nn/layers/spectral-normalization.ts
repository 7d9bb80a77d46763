// A wrapper that divides the kernel of a layer by its largest singular value.
import { checkNumber, valueError } from "../../errors.ts";
import { withArguments } from "../../options.ts";
import { l2Normalize } from "../../regularize/norm.ts";
import { div, equal, where } from "../../tensor/ops/elementwise.ts";
import { matmul } from "../../tensor/ops/matmul.ts";
import { reshape, transpose } from "../../tensor/ops/shaping.ts";
import { stopGradient } from "../../tensor/ops/with-gradient.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { truncatedNormal } from "../initializers.ts";
import type { BatchShape, CallContext, Layer, LayerOptions } from "../layer.ts";
import { withValue } from "../with-value.ts";
import { Wrapper } from "./wrapper.ts";

/** Options of {@link spectralNormalization}. */
export interface SpectralNormalizationOptions extends LayerOptions {
  /** Steps of power iteration per pass, in [1, 1000]: each is recorded. Default 1. */
  powerIterations?: number;
}

/** See {@link spectralNormalization}. */
export class SpectralNormalization extends Wrapper<
  SpectralNormalizationOptions & {
    /** The layer whose kernel is divided. */
    layer: Layer;
  }
> {
  private kernel?: Variable;
  private vector?: Variable;

  constructor(
    options: SpectralNormalizationOptions & {
      /** The layer whose kernel is divided. */
      layer: Layer;
    },
  ) {
    super(
      "spectralNormalization",
      options,
      { layer: "object!", powerIterations: "number" },
      "normalizes the kernel of a layer",
    );
    checkNumber(
      this.label,
      "powerIterations",
      this.config.powerIterations ?? 1,
      "an integer in [1, 1000]",
      (n) => Number.isInteger(n) && n >= 1 && n <= 1000,
    );
    if (options.trainable === false) this.trainable = false;
  }

  /** In Keras's order: the kernel counts as this layer's own. */
  override get variables(): Variable[] {
    return [...new Set([...(this.kernel ? [this.kernel] : []), ...super.variables])];
  }

  override build(inputShape: BatchShape): void {
    const { layer } = this.config;
    layer.ensureBuilt(inputShape);
    const [kernel, other] = layer.variables.filter(({ role }) => role !== undefined);
    if (!kernel || other) {
      throw valueError(this.label, {
        rule: "the layer inside must have one kernel, or embeddings",
        expected: "such as dense or conv2d",
        received: layer.label,
      });
    }
    this.kernel = kernel;
    this.vector = this.addVariable("vectorU", [1, kernel.shape.at(-1) as number], {
      initializer: truncatedNormal({ stddev: 0.02 }),
      trainable: false,
    });
  }

  override call(x: Tensor, ctx: CallContext): Tensor | readonly Tensor[] {
    const [kernel, vector] = [this.kernel as Variable, this.vector as Variable];
    const value = ctx.value(kernel);
    const weights = reshape(value, [-1, vector.shape[1] as number]);
    const transposed = transpose(weights);
    let u = ctx.value(vector);
    let v = u;
    for (let i = 0; i < (this.config.powerIterations ?? 1); i++) {
      v = l2Normalize(matmul(u, transposed), [0, 1]);
      u = l2Normalize(matmul(v, weights), [0, 1]);
    }
    [u, v] = [stopGradient(u), stopGradient(v)];
    const norm = reshape(matmul(matmul(v, weights), transpose(u)), []);
    const isZero = equal(norm, 0);
    if (ctx.training && ctx.isTrainable(this)) ctx.update(vector, where(isZero, ctx.value(vector), u));
    const divided = div(value, where(isZero, 1, norm));
    const outputs = withValue(ctx, kernel, divided, (inner) => this.config.layer.applyAll(x, inner));
    return outputs.length === 1 ? (outputs[0] as Tensor) : outputs;
  }

  /** Nothing of its own: the layer inside has set the mask of what it made. */
  override computeMask(): undefined {
    return undefined;
  }
}

/**
 * Divides the kernel (or the embeddings) of a layer by its largest singular value, so that the layer stretches nothing:
 * as critics of GANs need it. The value is followed by power iteration from a vector that is kept; gradients flow
 * through the division.
 *
 * Shapes: the inner layer's. Variables: the kernel, vectorU [1, columns of the kernel], then the rest of the inner
 * layer's. The kernel itself stays as it is and is divided wherever it is used, in inference, too. (In Keras the
 * division overwrites the kernel in training or is left out of inference, according to the backend.) While the layer is
 * frozen, the vector stays.
 * @throws ValueError on what is no layer or has neither kernel nor embeddings, or where powerIterations is no integer
 * in [1, 1000].
 * @see Miyato et al. 2018, arXiv:1802.05957; Keras 3 `layers.SpectralNormalization`.
 */
export function spectralNormalization(layer: Layer, options: SpectralNormalizationOptions = {}): SpectralNormalization {
  return new SpectralNormalization(withArguments("spectralNormalization", options, "powerIterations", { layer }));
}

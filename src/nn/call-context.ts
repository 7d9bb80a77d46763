import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Layer } from "./layer.ts";

/** What a layer may use while its maths is recorded. {@link Recording} is the implementation. */
export interface CallContext {
  /** Whether this is a train step: batch statistics are in use and moving averages move. */
  readonly training: boolean;
  /**
   * Whether random layers such as dropout are on: as `training`, but also in Monte Carlo predictions, where batch
   * normalization stays in inference.
   */
  readonly noise: boolean;
  /**
   * Whether only the outputs' shapes are asked for: what is recorded will not be run. An extent that is not known yet,
   * such as the batch, is NaN.
   */
  readonly isProbe?: boolean;
  /**
   * Random key of the run, int32 [4]: seed (low, high) and step (low, high). Give it to random ops with
   * `stream(layer)`.
   */
  readonly key: Tensor;
  /**
   * A random stream for this call of the layer, derived from its path in the model; `use` tells several streams of one
   * call apart.
   */
  stream(layer: Layer, use?: number): number;
  /** A variable's value so far in this run: with the updates recorded before. */
  current(variable: Variable): Tensor;
  /** Sets a variable at the end of the run, such as a moving average. */
  update(variable: Variable, value: Tensor): void;
  /** Adds a scalar to the loss, such as an activity penalty (already divided by the batch size). */
  addLoss(value: Tensor): void;
  /**
   * Which steps of a tensor count: float32, 1 or 0, mostly [batch, time]; undefined where all do. See
   * docs/decisions/0003-masks.md.
   */
  maskOf(tensor: Tensor): Tensor | undefined;
  /**
   * Says which steps of a tensor count. @throws ShapeError unless the mask has the tensor's first axes; `owner` stands
   * in front of the message.
   */
  setMask(tensor: Tensor, mask: Tensor, owner?: string): void;
}

// Scaling and shifting of inputs by given numbers.
import { valueError } from "../../../errors.ts";
import { add, cast, mul } from "../../../tensor/ops/elementwise.ts";
import { tensor } from "../../../tensor/ops/leaf.ts";
import { type Layer, type LayerOptions, layerOptions } from "../../layer.ts";
import { functionLayer, keepMask } from "../function.ts";

/** Options of {@link rescaling}. */
export interface RescalingOptions extends LayerOptions {
  /** Added after the multiplication: one number, or one for each channel. Default 0. */
  offset?: number | readonly number[];
}

/**
 * x·scale + offset.
 * @param scale one number, or one for each channel (the last axis).
 * @throws ValueError on what is not finite.
 * @example rescaling(1 / 255) brings bytes to [0, 1]; rescaling(1 / 127.5, { offset: -1 }) to [−1, 1].
 * @see Keras 3 `layers.Rescaling`.
 */
export function rescaling(scale: number | readonly number[], options: RescalingOptions = {}): Layer {
  const config = layerOptions("rescaling", options, { scale: "number or list!", offset: "number or list" }, { scale });
  const { offset = 0 } = config;
  if (![scale, offset].flat().every(Number.isFinite)) {
    throw valueError("rescaling", {
      rule: "scale and offset must be numbers",
      expected: "finite numbers",
      received: { scale, offset },
    });
  }
  const operand = (value: number | readonly number[]) => (typeof value === "number" ? value : tensor([...value]));
  return functionLayer(
    "rescaling",
    config,
    (x) => add(mul(cast(x, "float32"), operand(scale)), operand(offset)),
    keepMask,
  );
}

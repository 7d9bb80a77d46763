// Trials of pooling and its gradient.
import type { PoolGradInstruction, PoolInstruction } from "../../ir/instructions/pool.ts";
import { formatShape } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import type { Spatial, Windows } from "../../ir/windows.ts";
import { spatialWindows, windowGeometry } from "../../tensor/ops/window.ts";
import { Setting, type Trial, type Trials } from "./setting.ts";

interface Geometry {
  readonly batch?: number;
  readonly inputs: Spatial;
  readonly channels: number;
  readonly size: Spatial;
  readonly strides?: Spatial;
  readonly padding?: "valid" | "same";
}

/**
 * One, two and three axes; windows side by side, overlapping, with gaps, clipped; channels that fill vectors and do
 * not; nothing at all.
 */
const geometries: readonly Geometry[] = [
  { inputs: [1, 1, 1], channels: 1, size: [1, 1, 1] },
  { batch: 2, inputs: [1, 1, 9], channels: 3, size: [1, 1, 2] },
  { batch: 3, inputs: [1, 1, 8], channels: 5, size: [1, 1, 3], strides: [1, 1, 2], padding: "same" },
  { batch: 2, inputs: [1, 6, 6], channels: 32, size: [1, 2, 2] },
  { batch: 2, inputs: [1, 7, 5], channels: 16, size: [1, 2, 2], padding: "same" },
  { inputs: [1, 7, 6], channels: 16, size: [1, 2, 2] },
  { inputs: [1, 6, 4], channels: 16, size: [1, 1, 2], strides: [1, 2, 2] },
  { inputs: [1, 4, 6], channels: 32, size: [1, 2, 1], strides: [1, 2, 3] },
  { inputs: [4, 2, 2], channels: 16, size: [1, 2, 2], strides: [2, 2, 2] },
  { inputs: [1, 7, 6], channels: 23, size: [1, 3, 3], strides: [1, 2, 2], padding: "same" },
  { inputs: [1, 5, 7], channels: 4, size: [1, 3, 2], strides: [1, 1, 1] },
  { batch: 4, inputs: [1, 8, 9], channels: 1, size: [1, 2, 1], strides: [1, 3, 2] },
  { batch: 2, inputs: [4, 5, 3], channels: 6, size: [2, 2, 2] },
  { inputs: [3, 4, 5], channels: 18, size: [3, 2, 3], strides: [1, 2, 1], padding: "same" },
  { inputs: [1, 2, 2], channels: 7, size: [1, 5, 5], strides: [1, 1, 1], padding: "same" },
  { batch: 0, inputs: [1, 4, 4], channels: 4, size: [1, 2, 2] },
  { inputs: [1, 4, 4], channels: 0, size: [1, 2, 2] },
];

function windowsOf(one: Geometry): Windows {
  const { batch = 1, inputs, channels, size, strides = size, padding = "valid" } = one;
  return spatialWindows(batch, inputs, channels, windowGeometry("trial", inputs, { size, strides, padding }));
}

const labelOf = ({ inputs, size, strides, low, channels }: Windows) =>
  `windows ${formatShape(size)} every ${formatShape(strides)} from ${formatShape(low)} of ${formatShape([...inputs, channels])}`;
const inputShape = ({ batch, inputs, channels }: Windows) => [batch, ...inputs, channels];
const outputShape = ({ batch, outputs, channels }: Windows) => [batch, ...outputs, channels];

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
/** Few values, so that there are ties, and what is special among numbers. */
const special = [-inf, -1, -1, -0.5, 0, 0, 0.5, 1, 1, inf, nan];
const plain = [-2, -1, -0.5, 0, 0.5, 1, 2];

function drawn(setting: Setting, shape: readonly number[], values: readonly number[]): View {
  const size = shape.reduce((a, b) => a * b, 1);
  return setting.given(
    Array.from({ length: size }, () => setting.pick(values)),
    shape,
  );
}

/** Trials of `pool`: by keys of their own, by the values themselves (which may be special), and sums. */
export const poolTrials: Trials<"pool"> = () =>
  geometries.flatMap((geometry, index) => {
    const windows = windowsOf(geometry);
    return (["keys", "special keys", "values", "special values", "sum"] as const).map(
      (mode): Trial<PoolInstruction> => {
        const setting = new Setting(index);
        const values =
          mode === "special values" ? drawn(setting, inputShape(windows), special) : setting.float(inputShape(windows));
        const keys = mode.endsWith("keys")
          ? drawn(setting, inputShape(windows), mode === "keys" ? plain : special)
          : values;
        const output = setting.room(outputShape(windows));
        return {
          label: `${mode}, ${labelOf(windows)}`,
          instruction:
            mode === "sum"
              ? { kind: "pool", operation: "sum", windows, input: values, output }
              : { kind: "pool", operation: "select", windows, keys, input: values, output },
          arrays: setting.arrays,
          ...(mode === "sum" && { rtol: 1e-6, atol: 2e-6 }),
        };
      },
    );
  });

/** Trials of `poolGrad`. */
export const poolGradTrials: Trials<"poolGrad"> = () =>
  geometries.flatMap((geometry, index) => {
    const windows = windowsOf(geometry);
    return (["keys", "special keys", "sum"] as const).map((mode): Trial<PoolGradInstruction> => {
      const setting = new Setting(index);
      const dy = setting.float(outputShape(windows));
      const output = setting.room(inputShape(windows));
      return {
        label: `${mode}, ${labelOf(windows)}`,
        instruction:
          mode === "sum"
            ? { kind: "poolGrad", operation: "sum", windows, dy, output }
            : {
                kind: "poolGrad",
                operation: "select",
                windows,
                keys: drawn(setting, inputShape(windows), mode === "keys" ? plain : special),
                dy,
                output,
              },
        arrays: setting.arrays,
        rtol: 1e-6,
        atol: 2e-6,
      };
    });
  });

// Trials of convolutions and their gradients.
import type {
  ConvFilterGradInstruction,
  ConvInputGradInstruction,
  ConvInstruction,
} from "../../ir/instructions/conv.ts";
import type { Shape } from "../../ir/shape.ts";
import type { ConvWindows } from "../../ir/windows.ts";
import { biasAndRelu } from "./epilogues.ts";
import { convWindows } from "./images.ts";
import { Setting, type Trial, type Trials } from "./setting.ts";

/** One trial for each geometry. Errors grow with the root of the terms that are added up. */
function trialsOf<I extends ConvInstruction | ConvInputGradInstruction | ConvFilterGradInstruction>(
  terms: (windows: ConvWindows) => number,
  make: (windows: ConvWindows, shapes: Record<"x" | "kernel" | "y", Shape>, setting: Setting, index: number) => I,
): Trial<I>[] {
  return convWindows.map(({ windows, label }, index) => {
    const { batch, inputs, outputs, size, channels, filters, groups } = windows;
    const setting = new Setting(index);
    const shapes = {
      x: [batch, ...inputs, channels],
      kernel: [...size, channels / groups, filters],
      y: [batch, ...outputs, filters],
    };
    const instruction = make(windows, shapes, setting, index);
    return { label, instruction, arrays: setting.arrays, rtol: 1e-5, atol: 1e-6 + 2e-6 * terms(windows) ** 0.5 };
  });
}

const count = (extents: readonly number[]) => extents.reduce((product, n) => product * n, 1);

/** Trials of `conv`, every other one with an epilogue where there is one group. */
export const convTrials: Trials<"conv"> = () =>
  trialsOf(
    ({ size, channels }) => count(size) * channels,
    (windows, { x, kernel, y }, setting, index) => {
      const [input, weights, output] = [setting.float(x), setting.float(kernel), setting.room(y)];
      const { groups, filters, batch, outputs } = windows;
      const epilogue = groups === 1 && index % 2 === 0 && biasAndRelu(setting, output, batch * count(outputs), filters);
      return { kind: "conv", windows, input, kernel: weights, output, ...(epilogue && { epilogue }) };
    },
  );

/** Trials of `convInputGrad`. */
export const convInputGradTrials: Trials<"convInputGrad"> = () =>
  trialsOf(
    ({ size, filters }) => count(size) * filters,
    (windows, { x, kernel, y }, setting) => ({
      kind: "convInputGrad",
      windows,
      dy: setting.float(y),
      kernel: setting.float(kernel),
      output: setting.room(x),
    }),
  );

/** Trials of `convFilterGrad`, every other one with an epilogue where there is one group. */
export const convFilterGradTrials: Trials<"convFilterGrad"> = () =>
  trialsOf(
    ({ batch, outputs }) => batch * count(outputs),
    (windows, { x, kernel, y }, setting, index) => {
      const [input, dy, output] = [setting.float(x), setting.float(y), setting.room(kernel)];
      const { groups, filters, size, channels } = windows;
      const epilogue = groups === 1 && index % 2 === 0 && biasAndRelu(setting, output, count(size) * channels, filters);
      return { kind: "convFilterGrad", windows, input, dy, output, ...(epilogue && { epilogue }) };
    },
  );

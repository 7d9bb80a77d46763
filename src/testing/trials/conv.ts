import type { ConvInputGradInstruction } from "../../ir/instructions/conv.ts";
import { type Shape, sizeOf } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { type Image, images, patchesOf } from "./images.ts";
import { Setting, type Trial, type Trials } from "./setting.ts";

/** Trials of `convInputGrad`: geometries, with operands in their usual layout and turned round. */
export const convInputGradTrials: Trials<"convInputGrad"> = () =>
  images.flatMap((image, i) => [trial(image, false, 2 * i), trial(image, true, 2 * i + 1)]);

function trial(image: Image, turned: boolean, seed: number): Trial<ConvInputGradInstruction> {
  const setting = new Setting(seed);
  let output: View | undefined;
  const { patches, label } = patchesOf(image, (shape) => {
    output = setting.room(shape);
    return output;
  });
  const matrix = ([groups = 0, rows = 0, columns = 0]: Shape): View => {
    const strides = turned ? [rows * columns, 1, rows] : [rows * columns, columns, 1];
    return setting.float([groups, rows, columns], { strides });
  };
  const groups = patches.shape[0] as number;
  return {
    label: `${label}, ${image.filters} filters${turned ? ", operands turned" : ""}`,
    instruction: {
      kind: "convInputGrad",
      entries: image.batch,
      rowAxes: 3,
      dy: matrix([groups, sizeOf(patches.shape.slice(1, 4)), image.filters]),
      filter: matrix([groups, sizeOf(patches.shape.slice(4)), image.filters]),
      patches,
      output: output as View,
    },
    arrays: setting.arrays,
    rtol: 1e-5,
    atol: 1e-6 + 4e-6 * image.filters ** 0.5,
  };
}

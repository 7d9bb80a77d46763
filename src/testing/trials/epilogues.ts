// Epilogues for the trials of instructions that can have one.
import type { MapInstruction } from "../../ir/instructions/map.ts";
import type { View } from "../../ir/view.ts";
import type { Setting } from "./setting.ts";

/** output = max(output + bias, 0) in place, and −(output + bias) in a buffer of its own. */
export function biasAndRelu(setting: Setting, output: View, rows: number, columns: number): MapInstruction {
  const shape = [rows, columns];
  const here = { ...output, shape, strides: [columns, 1] };
  return {
    kind: "map",
    shape,
    inputs: [here, setting.float(shape, { strides: [0, 1], span: columns })],
    outputs: [here, setting.room(shape)],
    expression: {
      nodes: [
        { op: "input", index: 0 },
        { op: "input", index: 1 },
        { op: "add", args: [0, 1] },
        { op: "constant", value: 0 },
        { op: "max", args: [2, 3] },
        { op: "neg", args: [2] },
      ],
      outputs: [4, 5],
    },
  };
}

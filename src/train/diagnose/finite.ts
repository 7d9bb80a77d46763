// Finds the first value of a train step that is NaN or infinite: for callbacks with `diagnoses`.
import type { Layer } from "../../nn/layer.ts";
import { isFinite } from "../../tensor/ops/elementwise.ts";
import { min } from "../../tensor/ops/reduction.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import type { StepInstrument } from "./instrument.ts";

const prefix = "finite: ";

/** Checks the outputs of layers in the order of computation, then the gradients from the last layer to the first. */
export const finiteInstrument: StepInstrument = {
  name: "finite",
  begin(root) {
    const noted: [what: string, isFinite: Tensor][] = [];
    return {
      observe(layer, outputs) {
        for (const output of outputs)
          if (output.dtype === "float32") noted.push([`the output of ${layer.label}`, allFinite(output)]);
      },
      outputs({ pairs }) {
        const ownerOf = ownersIn(root);
        for (const [variable, gradient] of [...pairs].reverse())
          noted.push([gradientOf(variable, ownerOf(variable)), allFinite(gradient)]);
        return Object.fromEntries(
          noted.map(([what, finite], index) => [`${prefix}${String(index).padStart(5, "0")} ${what}`, finite]),
        );
      },
    };
  },
  async read(program) {
    const names = program.outputNames.filter((output) => output.startsWith(prefix)).sort();
    const values = await program.read(names);
    const name = names.find((note) => values[note]?.[0] !== 1);
    return { diagnosis: name?.slice(prefix.length + 6) };
  },
};

/** How a gradient is named in words. */
export const gradientOf = (variable: Variable, owner: Layer): string =>
  `the gradient of "${variable.name}" in ${owner.label}`;

/** Scalar: 1 where all numbers are finite, else 0. */
export const allFinite = (x: Tensor): Tensor => min(isFinite(x));

/** Finds the innermost layer inside `root` that has a variable. */
export function ownersIn(root: Layer): (variable: Variable) => Layer {
  const layers = allInside(root);
  return (variable) =>
    layers.find((layer) => layer.sublayers.length === 0 && layer.variables.includes(variable)) ?? root;
}

function allInside(layer: Layer): Layer[] {
  return [...new Set(layer.sublayers.flatMap((inner) => [inner, ...allInside(inner)]))];
}

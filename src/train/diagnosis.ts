import type { Layer } from "../nn/layer.ts";
import { isFinite } from "../tensor/ops/elementwise.ts";
import { min } from "../tensor/ops/reduction.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { BoundProgram } from "./program-cache.ts";

/** A value of a training step that is checked: its name, and a scalar, 1 where all of it is finite, else 0. */
export interface Finite {
  readonly what: string;
  readonly isFinite: Tensor;
}

/** What this module exports; it is loaded for callbacks with `diagnoses`. */
export interface Diagnosing {
  notingOutputs(noted: Finite[]): (layer: Layer, outputs: readonly Tensor[]) => void;
  finiteGradients(root: Layer, pairs: readonly (readonly [Variable, Tensor])[]): Finite[];
  finiteOutputs(noted: readonly Finite[]): Record<string, Tensor>;
  readDiagnosis(program: BoundProgram): Promise<string | undefined>;
}

const prefix = "finite: ";

/** An observer of a recording that notes for each layer whether its outputs are finite, in the order of computation. */
export function notingOutputs(noted: Finite[]): (layer: Layer, outputs: readonly Tensor[]) => void {
  return (layer, outputs) => {
    for (const output of outputs)
      if (output.dtype === "float32") noted.push({ what: `the output of ${layer.label}`, isFinite: allFinite(output) });
  };
}

/** Whether gradients are finite, from the last layer to the first: the way that they are computed. */
export function finiteGradients(root: Layer, pairs: readonly (readonly [Variable, Tensor])[]): Finite[] {
  const layers = allInside(root);
  const ownerOf = (variable: Variable) =>
    layers.find((layer) => layer.sublayers.length === 0 && layer.variables.includes(variable)) ?? root;
  return [...pairs].reverse().map(([variable, gradient]) => ({
    what: `the gradient of "${variable.name}" in ${ownerOf(variable).label}`,
    isFinite: allFinite(gradient),
  }));
}

/** The checks as outputs of a program. */
export function finiteOutputs(noted: readonly Finite[]): Record<string, Tensor> {
  return Object.fromEntries(
    noted.map(({ what, isFinite: finite }, index) => [`${prefix}${String(index).padStart(5, "0")} ${what}`, finite]),
  );
}

/** The first thing that was not finite in a program's last run, in words. */
export async function readDiagnosis(program: BoundProgram): Promise<string | undefined> {
  const names = program.outputNames.filter((output) => output.startsWith(prefix)).sort();
  const values = await program.read(names);
  const name = names.find((note) => values[note]?.[0] !== 1);
  return name?.slice(prefix.length + 6);
}

const allFinite = (x: Tensor): Tensor => min(isFinite(x));

function allInside(layer: Layer): Layer[] {
  return [...new Set(layer.sublayers.flatMap((inner) => [inner, ...allInside(inner)]))];
}

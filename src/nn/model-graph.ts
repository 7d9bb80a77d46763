import { stateError } from "../errors.ts";
import type { Layer } from "./layer.ts";
import type { Application, SymbolicTensor } from "./symbolic.ts";

/**
 * The uses of layers between inputs and outputs, each after those that it needs.
 * @throws StateError where an output hangs on something that is not among the inputs.
 */
export function findApplications(
  label: string,
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
): Application[] {
  const found = new Set<Application>();
  const starts = new Set(inputs);
  const stack = [...outputs];
  for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
    if (starts.has(tensor)) continue;
    const { source } = tensor;
    if (!source) {
      throw stateError(label, {
        rule: "the outputs must follow from the inputs alone",
        expected: `every input of the graph in inputs (${inputs.map((t) => t.name ?? "unnamed").join(", ")})`,
        received: `"${tensor.name ?? "unnamed"}", which is not`,
        advice: "Add it to inputs, or check where the graph is cut.",
      });
    }
    if (!found.has(source)) {
      found.add(source);
      for (const input of source.inputs) stack.push(input);
    }
  }
  // Ids grow as layers are applied, so they are a topological order.
  return [...found].sort((a, b) => idOf(a) - idOf(b));
}

const idOf = (use: Application): number => (use.outputs[0] as SymbolicTensor).id;

/**
 * The layers in Keras's order, which is also the order of the weights: by depth (the longest way to an output) from the
 * inputs down; layers of one depth in the order in which a walk back from the outputs meets them.
 */
export function inModelOrder(
  uses: readonly Application[],
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
): Layer[] {
  const starts = new Set(inputs);
  const depths = new Map<Layer, number>();
  const useDepths = new Map<Application, number>();
  for (const use of [...uses].reverse()) {
    const depth = Math.max(useDepths.get(use) ?? 0, depths.get(use.layer) ?? 0);
    depths.set(use.layer, depth);
    useDepths.set(use, depth);
    for (const { source } of use.inputs.filter((tensor) => !starts.has(tensor))) {
      if (source) useDepths.set(source, Math.max(depth + 1, useDepths.get(source) ?? 0));
    }
  }
  const met = walkBack(starts, outputs);
  const place = (layer: Layer) => met.get(layer) as number;
  return [...depths.keys()].sort(
    (a, b) => (depths.get(b) as number) - (depths.get(a) as number) || place(a) - place(b),
  );
}

/** Layers with their places in a depth-first walk from the outputs. */
function walkBack(starts: ReadonlySet<SymbolicTensor>, outputs: readonly SymbolicTensor[]): Map<Layer, number> {
  const met = new Map<Layer, number>();
  const done = new Set<Application>();
  const stack = [...outputs].reverse();
  for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
    const { source } = tensor;
    if (!source || starts.has(tensor) || done.has(source)) continue;
    done.add(source);
    if (!met.has(source.layer)) met.set(source.layer, met.size);
    for (const input of source.inputs.toReversed()) stack.push(input);
  }
  return met;
}

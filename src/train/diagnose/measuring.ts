// Measures of a train step, recorded as further outputs of its program, which leave the step itself as it is.
import { reachable, variablesIn } from "../../compiler/graph.ts";
import { sizeOf } from "../../ir/shape.ts";
import type { Layer } from "../../nn/layer.ts";
import { gradients } from "../../tensor/autodiff.ts";
import { abs, div, maximum, square, sub } from "../../tensor/ops/elementwise.ts";
import { concat } from "../../tensor/ops/joining.ts";
import { max, mean, min } from "../../tensor/ops/reduction.ts";
import { reshape } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { activationOf, type FoundActivation, slopesOf } from "./activity.ts";
import { allFinite, gradientOf, ownersIn } from "./finite.ts";
import type { RecordedStep, StepInstrument } from "./instrument.ts";
import {
  type LayerFacts,
  type NotFinite,
  type RawLayer,
  type RawMeasures,
  type RawScale,
  summarize,
  type VariableMeasures,
} from "./measures.ts";

/** A use of a layer in a recording. */
interface Use {
  readonly layer: Layer;
  readonly output: Tensor;
  readonly inputs: readonly Tensor[];
}

/** Reads numbers from the one output that holds all measures, in the order in which they were put there. */
type Reader<T> = (next: () => ArrayLike<number>) => T;

const outputName = (id: number) => `measures ${id}`;

const instruments = /* @__PURE__ */ new WeakMap<object, StepInstrument>();

/** The instrument for the steps of one model; always the same, since it knows how to read programs of before. */
export function measuringInstrument(owner: object): StepInstrument {
  const instrument = instruments.get(owner) ?? makeInstrument();
  instruments.set(owner, instrument);
  return instrument;
}

function makeInstrument(): StepInstrument {
  const readers: { sizes: readonly number[]; read: Reader<RawMeasures> }[] = [];
  return {
    name: "measures",
    begin(root) {
      const observed: Use[] = [];
      return {
        observe(layer, outputs, inputs) {
          for (const output of outputs) if (output.dtype === "float32") observed.push({ layer, output, inputs });
        },
        outputs(step) {
          const parts: Tensor[] = [];
          const read = recordMeasures(root, observed, step, (tensor) => parts.push(tensor));
          const flat = parts.map((part) => reshape(part, [sizeOf(part.shape)]));
          readers.push({ sizes: flat.map(({ shape }) => shape[0] as number), read });
          return { [outputName(readers.length - 1)]: concat(flat) };
        },
      };
    },
    async read(program) {
      const name = program.outputNames.find((output) => output.startsWith("measures ")) as string;
      const values = (await program.read([name]))[name] as ArrayLike<number> & Float32Array;
      const { sizes, read } = readers[Number(name.slice(9))] as (typeof readers)[number];
      let [index, offset] = [0, 0];
      const raw = read(() => {
        const size = sizes[index++] as number;
        offset += size;
        return values.subarray(offset - size, offset);
      });
      return { measures: summarize([raw]), diagnosis: raw.notFinite?.what };
    },
  };
}

function recordMeasures(
  root: Layer,
  observed: readonly Use[],
  step: RecordedStep,
  put: (tensor: Tensor) => void,
): Reader<RawMeasures> {
  put(step.loss);
  const nodes = new Set(reachable([step.loss]));
  const uses = observed.filter(({ layer }) => !hasObservedParts(layer, observed));
  const trained = new Set(step.pairs.map(([variable]) => variable));
  // Where a loss goes round the activation at the end, as crossentropy does, the gradient is that of its input.
  const found = uses.map(({ output }) => activationOf(output));
  const targets = uses.map(({ output }, index) =>
    [output, found[index]?.node.inputs[0]].find((t) => t && nodes.has(t)),
  );
  const states = uses.map((use) => sequenceOf(use, nodes));
  const wanted = [...targets, ...states].filter((tensor) => tensor !== undefined);
  const slopes = new Map(gradients(step.loss, wanted).map((slope, index) => [wanted[index] as Tensor, slope]));
  const names = namesOf(uses);
  const predecessors = predecessorsOf(uses);
  const layers = uses.map((use, index) =>
    recordLayer(
      use,
      {
        target: slopes.get(targets[index] as Tensor),
        sequence: slopes.get(states[index] as Tensor),
        activation: found[index],
        name: names[index] as string,
        predecessors: (predecessors[index] as number[]).map((before) => names[before] as string),
        trained,
      },
      put,
    ),
  );
  const ownerOf = ownersIn(root);
  const updated = new Map(step.updates);
  const { lossScaleFactor: scale = 1 } = step.optimizer.getConfig() as { lossScaleFactor?: number };
  const variables = step.pairs.map(([variable, scaled]) => {
    const gradient = scale === 1 ? scaled : div(scaled, scale);
    const next = updated.get(variable) ?? variable.tensor;
    return recordVariable({ variable, gradient, next, owner: ownerOf(variable) }, nodes.has(variable.tensor), put);
  });
  return (next) => {
    const loss = next()[0] as number;
    const readLayers = layers.map((read) => read(next));
    const readVariables = variables.map((read) => read(next));
    const checks = [...readLayers, ...readVariables.toReversed()];
    return {
      loss,
      layers: readLayers.map(({ raw }) => raw),
      variables: readVariables.map(({ raw }) => raw),
      notFinite: checks.find(({ notFinite }) => notFinite)?.notFinite,
    };
  };
}

/** Whether parts of a layer were measured by themselves, so that it need not be. */
function hasObservedParts(layer: Layer, observed: readonly Use[]): boolean {
  const inner = new Set(layer.sublayers);
  return inner.size > 0 && observed.some((use) => inner.has(use.layer));
}

/** The layers' names; of a second use with `#2` behind. */
function namesOf(uses: readonly Use[]): string[] {
  const counts = new Map<Layer, number>();
  return uses.map(({ layer }) => {
    const count = (counts.get(layer) ?? 0) + 1;
    counts.set(layer, count);
    return count === 1 ? layer.name : `${layer.name}#${count}`;
  });
}

/** For each use those whose outputs it takes, directly or through ops that are in no layer. */
function predecessorsOf(uses: readonly Use[]): number[][] {
  // A layer that gives its input back gives the output of another; the first is the one that made it.
  const makers = new Map<Tensor, number>();
  for (const [index, { output }] of uses.entries()) if (!makers.has(output)) makers.set(output, index);
  return uses.map(({ inputs }, index) => {
    const found = new Set<number>();
    const seen = new Set<Tensor>();
    const stack = [...inputs];
    while (stack.length > 0) {
      const node = stack.pop() as Tensor;
      if (seen.has(node)) continue;
      seen.add(node);
      const maker = makers.get(node);
      if (maker === undefined || maker === index) stack.push(...node.inputs);
      else found.add(maker);
    }
    return [...found].sort((a, b) => a - b);
  });
}

/** What a recurrent layer reads, where the loss depends on it: [batch, time, features]. */
function sequenceOf({ layer, inputs }: Use, nodes: ReadonlySet<Tensor>): Tensor | undefined {
  const [x] = inputs;
  return "cells" in layer && x?.rank === 3 && x.dtype === "float32" && nodes.has(x) ? x : undefined;
}

/** Puts the scale of a tensor; means over all axes but the last, or over all. */
function recordScale(x: Tensor, perUnit: boolean, put: (tensor: Tensor) => void): Reader<RawScale> {
  const largest = max(abs(x));
  // Divided first, for squares of very large and very small numbers are no float32.
  const scaled = div(x, maximum(largest, 1e-30));
  const axes = x.shape.map((_, axis) => axis).slice(0, perUnit && x.rank > 1 ? -1 : undefined);
  for (const part of [largest, min(x), max(x), mean(scaled, axes), mean(square(scaled), axes)]) put(part);
  return (next) => {
    const [scale, least, most] = [next()[0], next()[0], next()[0]] as [number, number, number];
    // Copies: they outlive the run's output.
    return { scale, min: least, max: most, means: Array.from(next()), squares: Array.from(next()) };
  };
}

interface LayerParts {
  /** Gradient of the loss with respect to the output. */
  readonly target: Tensor | undefined;
  /** That with respect to the sequence that comes in. */
  readonly sequence: Tensor | undefined;
  readonly activation: FoundActivation | undefined;
  readonly name: string;
  readonly predecessors: readonly string[];
  readonly trained: ReadonlySet<Variable>;
}

function recordLayer(
  { layer, output, inputs }: Use,
  { target, sequence, activation, name, predecessors, trained }: LayerParts,
  put: (tensor: Tensor) => void,
): Reader<{ raw: RawLayer; notFinite: NotFinite | undefined }> {
  const trains = layer.variables.some((variable) => trained.has(variable));
  const [x] = inputs;
  const isFirst = trains && x?.dtype === "float32" && !variablesIn(inputs).some((variable) => trained.has(variable));
  const facts: LayerFacts = {
    name,
    label: layer.label,
    kind: layer.kind,
    units: output.shape.at(-1) ?? 1,
    size: sizeOf(output.shape),
    predecessors,
    trains,
    activation: activation?.name,
    isRectifier: activation?.isRectifier ?? false,
  };
  const readOutput = recordScale(output, true, put);
  put(allFinite(output));
  const readGradient = target && recordScale(target, false, put);
  const readInput = isFirst ? recordScale(x as Tensor, false, put) : undefined;
  const flat = activation && slopesOf(activation);
  if (flat) for (const part of [flat.largest, flat.flat]) put(part);
  const largest = sequence && maximum(max(abs(sequence)), 1e-30);
  if (sequence && largest) for (const part of [largest, mean(square(div(sequence, largest)), [0, 2])]) put(part);
  return (next) => {
    const raw = readOutput(next);
    const isFinite = next()[0] === 1;
    return {
      raw: {
        facts,
        output: raw,
        gradient: readGradient?.(next),
        input: readInput?.(next),
        slopes: flat && Array.from(next()),
        saturated: flat && Array.from(next()),
        overTime: sequence && readTime(next),
      },
      notFinite: isFinite ? undefined : { what: `the output of ${layer.label}`, layer: facts.name },
    };
  };
}

function readTime(next: () => ArrayLike<number>): number[] {
  const scale = next()[0] as number;
  return Array.from(next(), (square) => scale * Math.sqrt(square));
}

interface VariableParts {
  readonly variable: Variable;
  readonly gradient: Tensor;
  /** Its value after the update. */
  readonly next: Tensor;
  readonly owner: Layer;
}

function recordVariable(
  { variable, gradient, next: updated, owner }: VariableParts,
  isReached: boolean,
  put: (tensor: Tensor) => void,
): Reader<{ raw: VariableMeasures; notFinite: NotFinite | undefined }> {
  const { shape } = variable;
  const readers = [variable.tensor, gradient, sub(updated, variable.tensor)].map((x) => recordScale(x, false, put));
  put(allFinite(gradient));
  const canBeSymmetric = shape.length >= 2 && (shape.at(-1) as number) > 1;
  if (canBeSymmetric) for (const x of [variable.tensor, gradient]) put(max(sub(max(x, -1), min(x, -1))));
  return (next) => {
    const [weight, slope, update] = readers.map((read) => {
      const { scale, squares } = read(next);
      return scale * Math.sqrt(squares[0] as number);
    }) as [number, number, number];
    const isFinite = next()[0] === 1;
    const isSymmetric = canBeSymmetric && [next()[0], next()[0]].every((spread) => spread === 0);
    const raw: VariableMeasures = {
      name: variable.name,
      layer: owner.name,
      label: owner.label,
      shape,
      weight,
      gradient: slope,
      update,
      ratio: update === 0 ? 0 : update / weight,
      isReached,
      isSymmetric,
    };
    return { raw, notFinite: isFinite ? undefined : { what: gradientOf(variable, owner), layer: owner.name } };
  };
}

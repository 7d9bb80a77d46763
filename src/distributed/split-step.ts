// A train step in three programs: gradients of a batch, what the batch does to the model's other state, and the update.
import type { CompileOptions } from "../compiler/compile-with.ts";
import { reachable, withInputs } from "../compiler/graph.ts";
import { defineOptimizer, type Optimizer } from "../optim/optimizer.ts";
import { div } from "../tensor/ops/elementwise.ts";
import { inputOp, placeholder } from "../tensor/ops/leaf.ts";
import { randomOp } from "../tensor/ops/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Variable, variableOp } from "../tensor/variable.ts";
import type { BatchSpec } from "../train/batch.ts";
import type { Model } from "../train/model.ts";
import type { Compiled } from "../train/session.ts";
import { TrainingSetup } from "../train/training-setup.ts";

/** Names of inputs and outputs. */
export const gradientName = (index: number) => `gradient${index}`;
export const extraName = (index: number) => `extra${index}`;

/** What a worker computes of a batch, and what the batch does to state that is not trained. */
export interface BatchProgram {
  /** What computing it changes: nothing where it only gives gradients. */
  readonly updates: Updates;
  /** By their names. */
  readonly gradients: CompileOptions["outputs"];
  /** Moving averages and metrics. */
  readonly state: Updates;
  /** What else is computed on the way. */
  readonly others: readonly Tensor[];
}

type Updates = NonNullable<CompileOptions["updates"]>;

/** What is recorded for batches of one shape. */
export interface SplitStep {
  /** Computes a batch: trains with it or gives gradients, and the extras: all that the state needs to know of it. */
  readonly batch: CompileOptions;
  /** Changes moving averages and metrics as the batch would have, given its extras. */
  readonly state: CompileOptions;
  /** How many numbers each extra has. */
  readonly extras: readonly Tensor[];
}

/** Records the gradients of a batch, which leaves the weights as they are. */
export function recordGradients({ setup, stepRunner }: Compiled, spec: BatchSpec): BatchProgram {
  const found = new Map<Variable, Tensor>();
  // An optimizer that notes the gradients.
  const reader = defineOptimizer(
    "gradients",
    { learningRate: 0 },
    {
      slots: () => ({}),
      begin: () => ({
        rule: (w, gradient, _, variable) => {
          found.set(variable, gradient);
          return { w, slots: {} };
        },
      }),
    },
  );
  const { trainable } = stepRunner;
  const { updates = [], outputs } = stepRunner.record("train", spec, new TrainingSetup("fit", setup.objective, reader));
  const gradients = trainable.map((variable, index) => [gradientName(index), found.get(variable) as Tensor] as const);
  return {
    updates: [],
    gradients: Object.fromEntries(gradients),
    state: updates.filter(([variable]) => !trainable.includes(variable)),
    others: Object.values(outputs),
  };
}

/**
 * Parts what a worker computes of a batch from what the batch does to state that is not trained. So a batch can be
 * computed by one worker, and the state be changed by all, in the order of the batches.
 * @throws StateError where a layer's outputs depend on such state: then the batches cannot be computed at once.
 */
export async function splitStep(model: Model, program: BatchProgram): Promise<SplitStep> {
  const { updates, gradients, state, others } = program;
  const { roots, extras, changing } = cut(state);
  const computed = [...Object.values(gradients), ...updates.map(([, value]) => value), ...others];
  const first = reachable(computed).find((node) => node.op === variableOp && changing.has(node));
  if (first)
    throw (await import("./job-refusals.ts")).readsState(
      model.label,
      (first.attrs as { variable: Variable }).variable.name,
    );
  const named = extras.map((tensor, index) => [extraName(index), tensor] as const);
  return {
    batch: { outputs: { ...gradients, ...Object.fromEntries(named) }, updates },
    state: { outputs: {}, updates: state.map(([variable], index) => [variable, roots[index] as Tensor]) },
    extras,
  };
}

/**
 * Cuts the graphs of updates where they begin to depend on what is updated. What lies before depends on the batch
 * alone, and becomes an input.
 */
function cut(updates: Updates) {
  const updated = new Set(updates.map(([variable]) => variable));
  const given = updates.map(([, value]) => value);
  const changing = new Set<Tensor>();
  const ofBatch = new Set<Tensor>();
  const rebuilt = new Map<Tensor, Tensor>();
  const extras: Tensor[] = [];
  const asInput = (node: Tensor): Tensor => {
    if (!ofBatch.has(node)) return node;
    const known = rebuilt.get(node) ?? placeholder(extraName(extras.push(node) - 1), node.shape, node.dtype);
    rebuilt.set(node, known);
    return known;
  };
  for (const node of reachable([...given, ...updates.map(([variable]) => variable.tensor)])) {
    const isState = node.op === variableOp && updated.has((node.attrs as { variable: Variable }).variable);
    if (isState || node.inputs.some((input) => changing.has(input))) {
      changing.add(node);
      const inputs = node.inputs.map((input) =>
        changing.has(input) ? (rebuilt.get(input) as Tensor) : asInput(input),
      );
      rebuilt.set(node, inputs.length > 0 ? withInputs(node, inputs) : node);
    } else if ([inputOp, variableOp, randomOp].includes(node.op) || node.inputs.some((input) => ofBatch.has(input)))
      ofBatch.add(node);
  }
  const roots = given.map((root) => (changing.has(root) ? (rebuilt.get(root) as Tensor) : asInput(root)));
  return { roots, extras, changing };
}

/** Records the update of the weights with the mean of vectors that were added up; they are inputs. */
export function recordUpdate(
  model: Model,
  trainable: readonly Variable[],
  optimizer: Optimizer,
  workers: number,
): CompileOptions {
  const pairs = trainable.map((variable, index) => {
    const sum = placeholder(gradientName(index), variable.shape);
    return [variable, workers === 1 ? sum : div(sum, workers)] as const;
  });
  return { outputs: {}, updates: optimizer.apply(pairs, optimizer.scalars(), { constraints: model.constraints() }) };
}

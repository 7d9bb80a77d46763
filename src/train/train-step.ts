import { variablesIn } from "../compiler/graph.ts";
import { isPlainRecord } from "../data/tree.ts";
import { literal, shapeError, stateError, valueError } from "../errors.ts";
import { formatShape } from "../ir/shape.ts";
import { Layer, listOf } from "../nn/layer.ts";
import { nothingToTrain, type Optimizer } from "../optim/optimizer.ts";
import { loadedOptimizer, type OptimizerName, optimizerOf } from "../optim/optimizers.ts";
import { checkOptions } from "../options.ts";
import type { Constraint } from "../regularize/constraints.ts";
import { gradients } from "../tensor/autodiff.ts";
import { add } from "../tensor/ops/elementwise.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { assignAverages } from "./epochs.ts";
import { FunctionRecording, type LoopContext } from "./loop-context.ts";
import { type Recorded, type RecordedCall, RecordedFunction, type RecordedOptions } from "./recorded-function.ts";
import type { Given } from "./structure.ts";

/** What a {@link trainStep} loss gives: the loss, a scalar, alone or with other scalars to report. */
export type StepResult =
  | Tensor
  | {
      /** What the step minimizes: one number. */
      readonly loss: Tensor;
      readonly [name: string]: Tensor;
    };

/** The numbers that a step reports: `loss`, and what else its loss gave. */
export type StepLogs<Result> = Result extends Tensor
  ? { readonly loss: number }
  : { readonly [K in keyof Result]: number };

/** Options of {@link trainStep}. */
export interface TrainStepOptions<Batch, Result> extends RecordedOptions {
  /** What is trained: one or a list of variables, layers, models. Those that are not trainable stay as they are. */
  variables: Trained | readonly Trained[];
  /** An optimizer, or the name of one with its defaults. It belongs to these variables. */
  optimizer: OptimizerName | Optimizer;
  /** Records the loss of a batch. */
  loss: (batch: Batch, ctx: LoopContext) => Result;
}

/** What can be trained. */
export type Trained = Variable | Layer;

/** What {@link trainStep} gives: trains on one batch, and gives the numbers from before the update. */
export interface TrainStep<Batch, Result> {
  (batch: Given<Batch>): Promise<StepLogs<Result>>;
  /** Of the random numbers that are drawn in it. */
  readonly seed: number;
  /** For optimizers with `useEma`: the averages take the place of the weights, as at the end of `fit`. */
  takeAverages(): Promise<void>;
  /** Frees its programs at once; a further call makes them again. They are also freed when nobody holds it any more. */
  dispose(): void;
}

/**
 * A training step of one's own: for losses that are no comparison of outputs with labels, and for several optimizers.
 * It is recorded once for each structure, shapes and dtypes of the batch, then replayed as one program, in which the
 * optimizer does all that it does in `fit`: schedules, clipping, weight decay, gradient accumulation, averages,
 * constraints.
 *
 * - `batch`: arrays in any form, or records and lists of them; the loss gets it with tensors as leaves.
 * - Only `variables` change, and what `ctx.update` sets. What else the loss reads is constant, and gets no gradient.
 * - Layers and models are used with `layer.apply(x, ctx)`, in training: dropout is on, batch normalization uses the
 *   batch and moves its averages. `ctx.inference` in place of `ctx` turns that off. Layers that are in no model are
 *   built when they are first used.
 * - Penalties are part of the loss: those on the weights of the layers in `variables`, and activity penalties of all
 *   layers used.
 * - What is trainable is decided by the first call: make another step after freezing or unfreezing layers.
 *
 * Calls that overlap run one after another. A call that throws has changed nothing.
 * @throws ValueError on what is no variable, layer or optimizer, and on an optimizer of other variables; from the call
 * where the loss is no scalar.
 * @example
 * const step = trainStep({ variables: net, optimizer: adam(1e-3),
 *   loss: ({ x, y }: { x: Tensor; y: Tensor }, ctx) => ops.mean(ops.square(ops.sub(y, net.apply(x, ctx)))) });
 * const { loss } = await step({ x, y });
 */
export function trainStep<Batch = Readonly<Record<string, Tensor>>, Result extends StepResult = Tensor>(
  given: TrainStepOptions<Batch, Result>,
): TrainStep<Batch, Result> {
  const options = checkOptions("trainStep", given, {
    variables: "object or list!",
    optimizer: "string or object!",
    loss: "function!",
    backend: "object",
    seed: "number",
  });
  const step = new OwnStep(options as unknown as TrainStepOptions<never, StepResult>);
  const call = (batch: Given<Batch>) => step.run(batch) as Promise<StepLogs<Result>>;
  return Object.assign(call, {
    seed: step.recorded.seed,
    takeAverages: () => step.takeAverages(),
    dispose: () => step.recorded.dispose(),
  });
}

/** What a {@link trainStep} is made of. */
class OwnStep {
  readonly recorded: RecordedFunction;
  private readonly parts: readonly Trained[];
  private optimizer: Optimizer | undefined;
  /** What is trained, from the first recording on. */
  private trained: readonly Variable[] | undefined;
  /** Which layers are trainable: as it was at the first recording. */
  private readonly trainability = new WeakMap<Layer, boolean>();
  private readonly isTrainable = (layer: Layer): boolean => {
    const known = this.trainability.get(layer) ?? layer.trainable;
    this.trainability.set(layer, known);
    return known;
  };

  constructor(private readonly options: TrainStepOptions<never, StepResult>) {
    const { variables, optimizer, backend, seed } = options;
    this.parts = listOf(variables);
    const stranger = this.parts.find((part) => !(part instanceof Variable || part instanceof Layer));
    if (stranger !== undefined || this.parts.length === 0) {
      throw valueError("trainStep", {
        rule: "variables are what is trained",
        expected: "a variable, layer or model, or a list of such",
        received: this.parts.length === 0 ? "an empty list" : literal(stranger),
        advice: this.parts.length === 0 ? "Give the model itself: before it is built it has no variables." : "",
      });
    }
    this.optimizer = loadedOptimizer(optimizer, "trainStep");
    this.recorded = new RecordedFunction("trainStep", {
      ...(backend && { backend }),
      ...(seed !== undefined && { seed }),
    });
  }

  run(batch: unknown): Promise<unknown> {
    return this.recorded.run(
      [batch],
      () => "the batch of trainStep",
      async () => this.prepare(),
    );
  }

  takeAverages(): Promise<void> {
    return this.recorded.alone(async () => {
      const { optimizer, trained = [] } = this;
      if (optimizer) await assignAverages(optimizer, trained);
    });
  }

  private async prepare(): Promise<RecordedCall> {
    this.optimizer ??= await optimizerOf(this.options.optimizer, "trainStep");
    const { optimizer } = this;
    return {
      mode: optimizer.phase,
      step: optimizer.rawSteps,
      scalarNames: optimizer.scalarNames,
      scalar: (name) => optimizer.scalar(name),
      record: ([batch], key) => this.record(optimizer, batch, key),
      valueOf: (data) => data[0],
      done: () => optimizer.advance(),
    };
  }

  private record(optimizer: Optimizer, batch: unknown, key: Tensor): Recorded {
    const ctx = new FunctionRecording(this.recorded.seed, { training: true, key, isTrainable: this.isTrainable });
    const { loss, ...reported } = scalarsOf(this.options.loss(batch as never, ctx));
    const layers = this.parts.filter((part) => part instanceof Layer);
    const total = [...layers.flatMap((layer) => layer.penalties(this.isTrainable)), ...ctx.losses].reduce(
      (sum, penalty) => add(sum, penalty),
      loss as Tensor,
    );
    const trained = this.trained ?? this.findTrained();
    const used = new Set(variablesIn([total]));
    if (!trained.some((variable) => used.has(variable))) {
      throw stateError("trainStep", {
        rule: "the loss must depend on what is trained",
        expected: "one that is computed with the variables",
        received: "one that uses none of them",
        advice: "Compute it from what model.apply(x, ctx) gives.",
      });
    }
    if (!this.trained) optimizer.serve("trainStep", this, trained);
    this.trained = trained;
    const slopes = gradients(optimizer.scaleLoss(total), trained);
    const constraints = new Map<Variable, Constraint>(layers.flatMap((layer) => [...layer.constraints()]));
    const updates = optimizer.apply(
      trained.map((variable, index) => [variable, slopes[index] as Tensor] as const),
      optimizer.scalars(),
      { constraints, phase: optimizer.phase },
    );
    return { result: { loss: total, ...reported }, updates: [...updates, ...ctx.updates] };
  }

  /** After the loss was recorded: that may have built layers. */
  private findTrained(): readonly Variable[] {
    const found = this.parts.flatMap((part) => (part instanceof Variable ? [part] : part.trainableVariables));
    const variables = [...new Set(found)].filter(({ trainable }) => trainable);
    if (variables.length === 0) throw nothingToTrain("trainStep");
    return variables;
  }
}

/** The loss and what is reported with it, by name. @throws ValueError or ShapeError where these are no scalars. */
function scalarsOf(result: StepResult): Readonly<Record<string, Tensor>> {
  const scalars: Readonly<Record<string, unknown>> = isPlainRecord(result) ? result : { loss: result };
  if (!("loss" in scalars))
    throw stateError("trainStep", {
      rule: "a record has the loss in it",
      expected: "{ loss, … }",
      received: Object.keys(scalars),
    });
  for (const [name, value] of Object.entries(scalars)) {
    if (!(value instanceof Tensor)) {
      throw valueError("trainStep", {
        rule: `${name} must be a tensor`,
        expected: "a scalar made by ops",
        received: literal(value),
        ...(value instanceof Promise && { advice: "Record without await: values are there when the step ends." }),
      });
    }
    if (value.rank > 0) {
      throw shapeError("trainStep", {
        rule: `${name} must be one number`,
        expected: "[]",
        received: formatShape(value.shape),
        advice: "Write ops.mean(…).",
      });
    }
  }
  return scalars as Readonly<Record<string, Tensor>>;
}

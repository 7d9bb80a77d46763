// The base of every optimizer: what one step records around the method's own maths, and the state that it keeps.
import { checkNonNegative } from "../checks.ts";
import { lookUp, stateError, valueError } from "../errors.ts";
import { Printed } from "../format.ts";
import { checkOptions, type OptionTable } from "../options.ts";
import { describe } from "../regularize/config.ts";
import type { Constraint } from "../regularize/constraints.ts";
import type { RowUpdate } from "../tensor/op.ts";
import { abs, add, div, equal, less, mul, sub, where } from "../tensor/ops/elementwise.ts";
import { placeholder } from "../tensor/ops/leaf.ts";
import { zeros } from "../tensor/ops/shaping.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { type Clip, clipping } from "./clip.ts";
import { checkRanges, isNamed, type OptimizerOptions, optimizerTable } from "./optimizer-options.ts";
import { OptimizerState } from "./optimizer-state.ts";
import { checkRate, rateAt, type Schedule } from "./schedule.ts";
import type { Method, Scalars } from "./update-rule.ts";

/** Whether a step updates the weights or only adds its gradients up (see `gradientAccumulationSteps`). */
export type Phase = "update" | "accumulate";

/** Options of {@link Optimizer.apply}. */
export interface ApplyOptions {
  /** Applied to each variable after its update. */
  constraints?: ReadonlyMap<Variable, Constraint>;
  /** Default "update". */
  phase?: Phase;
}

/** A variable and its new value. */
type Update = readonly [Variable, Tensor];

/**
 * Turns gradients into new weights. The maths is recorded: the same few lines run on every backend. State is kept in
 * slots that belong to variables, never to positions in a list, so an optimizer may go on with some of a model's
 * variables, or with more of them, as layers are frozen and unfrozen. It counts its steps and so belongs to one model:
 * `compile` of another model refuses it, as Keras does, unless it has trained all variables of that model.
 *
 * One step in Keras 3's order: accumulate, clip, decay, update, average, constrain.
 */
export class Optimizer extends Printed {
  private readonly options: OptimizerOptions & {
    /** The rate, or a schedule of it. */
    learningRate: number | Schedule;
  };
  readonly name: string;
  /**
   * Number of steps, including those that only accumulated gradients. Saved with the slots.
   */
  rawSteps = 0;
  private rate: number | Schedule;
  private readonly clip: Clip;
  /** What it keeps, variable by variable. */
  readonly state: OptimizerState;
  /** Models that it was compiled with, and their trained variables; weak references. */
  private readonly users = new WeakSet<object>();
  private hasUser = false;

  /**
   * @param kind the factory's name, such as "adam".
   * @param given all options that it was made with, defaults filled in. Options beyond those of every optimizer are
   * checked by the factory.
   * @throws ValueError where an option is out of range.
   */
  constructor(
    readonly kind: string,
    given: OptimizerOptions & {
      /** The rate, or a schedule of it. */
      learningRate: number | Schedule;
    },
    private readonly method: Method,
  ) {
    super();
    const options = checkOptions(kind, given, optimizerTable as unknown as OptionTable<typeof given>, true);
    this.options = options;
    checkRanges(kind, options);
    this.name = options.name ?? kind;
    this.rate = checkRate(kind, "learningRate", options.learningRate);
    this.clip = clipping(kind, options);
    this.state = new OptimizerState(this.name, method);
  }

  // ── Host side of a step

  /** How many times the weights were updated. */
  get iterations(): number {
    return Math.floor(this.rawSteps / (this.options.gradientAccumulationSteps ?? 1));
  }

  /** The learning rate of the next step. It can be set where it was made as a number. */
  get learningRate(): number {
    return rateAt(this.kind, "learningRate", this.rate, this.rawSteps);
  }

  set learningRate(value: number) {
    if (typeof this.rate === "function") {
      throw stateError(this.kind, {
        rule: "a learning rate that follows a schedule cannot be set",
        expected: "an optimizer made with a number",
        received: this.rate,
      });
    }
    this.rate = checkNonNegative(this.kind, "learningRate", value);
  }

  /** Whether the learning rate follows a schedule. */
  get isScheduled(): boolean {
    return typeof this.rate === "function";
  }

  /** What the next step does. */
  get phase(): Phase {
    const every = this.options.gradientAccumulationSteps ?? 1;
    return (this.rawSteps + 1) % every === 0 ? "update" : "accumulate";
  }

  /** Names of the numbers that are written before each step. */
  get scalarNames(): string[] {
    return [
      "learningRate",
      "step",
      ...Object.keys(this.method.scalars ?? {}),
      ...(this.options.emaOverwriteFrequency ? ["overwrite"] : []),
    ];
  }

  /** Placeholders of rank 0 for one program, by name. */
  scalars(): Scalars {
    return Object.fromEntries(this.scalarNames.map((name) => [name, placeholder(name, [])])) as Scalars;
  }

  /** The value of a scalar in the next step. */
  scalar(name: string): number {
    if (name === "learningRate") return this.learningRate;
    if (name === "step") return this.iterations + 1;
    if (name === "overwrite") return (this.iterations + 1) % (this.options.emaOverwriteFrequency ?? 1) === 0 ? 1 : 0;
    return lookUp(
      this.kind,
      "scalar",
      (this.method.scalars ?? {}) as Readonly<Record<string, Schedule>>,
      name,
    )(this.rawSteps);
  }

  /** Counts a step that was run. */
  advance(): void {
    this.rawSteps++;
  }

  // ── Recording a step

  /**
   * Records one step.
   * @param pairs variables with their gradients, all in one call (globalClipNorm sees them together).
   * @returns the new value of each variable and of the optimizer's own, for `compile`.
   */
  apply(pairs: readonly (readonly [Variable, Tensor])[], scalars: Scalars, options: ApplyOptions = {}): Update[] {
    const { constraints = new Map(), phase = "update" } = checkOptions(this.kind, options, {
      constraints: "object",
      phase: "string",
    });
    if (pairs.length === 0) throw nothingToTrain(this.kind);
    const updates: Update[] = [];
    const variables = pairs.map(([variable]) => variable);
    const gradients = this.gather(pairs, phase, updates);
    let weights: Tensor[] = gradients
      ? this.update(variables, gradients, scalars, updates)
      : variables.map((variable) => variable.tensor);
    if (this.options.useEma)
      weights = variables.map((variable, index) => this.average(variable, weights[index] as Tensor, scalars, updates));
    const updated = variables.flatMap((variable, index) => {
      const weight = weights[index] as Tensor;
      const constrained = constraints.get(variable)?.(weight) ?? weight;
      return constrained === variable.tensor ? [] : [[variable, constrained] as const];
    });
    return [...updated, ...updates];
  }

  /** A loss times `lossScaleFactor`: what `apply` expects gradients of. `fit` and `trainStep` do this themselves. */
  scaleLoss(loss: Tensor): Tensor {
    const { lossScaleFactor } = this.options;
    return lossScaleFactor ? mul(loss, lossScaleFactor) : loss;
  }

  /** Unscales and accumulates the gradients; undefined in steps that only accumulate. */
  private gather(
    pairs: readonly (readonly [Variable, Tensor])[],
    phase: Phase,
    updates: Update[],
  ): readonly Tensor[] | undefined {
    const { lossScaleFactor, gradientAccumulationSteps: every } = this.options;
    const gradients = pairs.map(([, gradient]) => (lossScaleFactor ? div(gradient, lossScaleFactor) : gradient));
    if (every === undefined) return gradients;
    const sums = pairs.map(([variable]) => this.state.accumulatorOf(variable));
    const totals = sums.map((total, index) => add(total, gradients[index] as Tensor));
    for (const [index, total] of sums.entries())
      updates.push([total, phase === "update" ? zeros(total.shape) : (totals[index] as Tensor)]);
    return phase === "update" ? totals.map((total) => div(total, every)) : undefined;
  }

  private update(
    variables: readonly Variable[],
    gradients: readonly Tensor[],
    scalars: Scalars,
    updates: Update[],
  ): Tensor[] {
    const clipped = this.clip(gradients);
    const begun = this.method.begin(scalars, tensorsOf(this.state.shared));
    for (const [name, value] of Object.entries(begun.shared ?? {}))
      updates.push([lookUp(this.kind, "shared state", this.state.shared, name), value]);
    return variables.map((variable, index) => {
      const slots = this.state.slotsOf(variable);
      const gradient = clipped[index] as Tensor;
      const [weight, others] = [this.decay(variable, scalars.learningRate), tensorsOf(slots)];
      const rule: RowUpdate = (w, g, given) => begun.rule(w, g, given, variable);
      const { byRows } = this.method;
      const rows = byRows && gradient.op.byRows?.(gradient, rule, weight, others, byRows === "lazy");
      const result = rows || rule(weight, gradient, others);
      for (const [name, value] of Object.entries(result.slots))
        if (value) updates.push([lookUp(this.kind, "slot", slots, name), rows ? value : withoutSubnormals(value)]);
      return result.w;
    });
  }

  private decay(variable: Variable, learningRate: Tensor): Tensor {
    const factor = this.method.weightDecayOf ? this.method.weightDecayOf(variable) : this.options.weightDecay;
    if (!factor || isNamed(variable, this.options.excludeFromWeightDecay ?? [])) return variable.tensor;
    return sub(variable, mul(variable, mul(learningRate, factor)));
  }

  /** Updates the moving average; returns the weight, or the average in steps that copy it into the weight. */
  private average(variable: Variable, weight: Tensor, scalars: Scalars, updates: Update[]): Tensor {
    const average = this.state.averageOf(variable);
    const momentum = where(equal(scalars.step, 1), 0, this.options.emaMomentum ?? 0.99);
    const next = add(mul(average, momentum), mul(weight, sub(1, momentum)));
    updates.push([average, next]);
    return scalars.overwrite ? where(scalars.overwrite, next, weight) : weight;
  }

  // ── State

  /**
   * All state besides `rawSteps` and the learning rate: shared, then variable by variable. Save and restore it under
   * its names.
   */
  get variables(): Variable[] {
    return this.state.variables;
  }

  /**
   * Registers the model and the variables that it is going to train. @param label begins the error message.
   * @throws ValueError where it belongs to another model.
   */
  serve(label: string, user: object, variables: readonly Variable[]): void {
    const { users, kind } = this;
    if (this.hasUser && !users.has(user) && variables.some((variable) => !users.has(variable))) {
      throw valueError(label, {
        rule: "an optimizer belongs to one model",
        expected: `a new ${kind}(…)`,
        received: "that of another model",
      });
    }
    this.hasUser = true;
    for (const each of [user, ...variables]) users.add(each);
  }

  /** The moving average of a variable; undefined where none is kept or no step was recorded yet. */
  averageOf(variable: Variable): Variable | undefined {
    return this.state.knownAverageOf(variable);
  }

  /** Makes the state for these variables where there is none yet, so that it can be restored before the first step. */
  build(variables: readonly Variable[]): void {
    for (const variable of variables) {
      this.state.slotsOf(variable);
      if (this.options.useEma) this.state.averageOf(variable);
      if (this.options.gradientAccumulationSteps !== undefined) this.state.accumulatorOf(variable);
    }
  }

  /** The factory's name and options as plain data, with the learning rate as it is now. */
  getConfig(): Record<string, unknown> {
    return { kind: this.kind, ...describe({ ...this.options, learningRate: this.rate }) };
  }

  /** As {@link getConfig}. The state is stored apart: see `getOptimizerState` of models. */
  override toJSON(): object {
    return this.getConfig();
  }
}

/** The error of a step without variables. */
export const nothingToTrain = (name: string): Error =>
  valueError(name, {
    rule: "there must be something to train",
    expected: "at least one trainable variable",
    received: "none",
    advice: "Set trainable to true on a layer that has weights, then compile.",
  });

/** An optimizer from its maths; the names of slots, scalars and shared state are checked against each other. */
export function defineOptimizer<Slot extends string, Extra extends string = never, Shared extends string = never>(
  kind: string,
  options: OptimizerOptions & {
    /** The rate, or a schedule of it. */
    learningRate: number | Schedule;
  },
  method: Method<Slot, Extra, Shared>,
): Optimizer {
  return new Optimizer(kind, options, method as unknown as Method);
}

/**
 * A slot's value with 0 for numbers smaller than any normal one. The averages of a weight whose gradient stays 0 would
 * end as such numbers, which never become 0, and which processors multiply thirty times slower. Keras on TensorFlow and
 * JAX leaves them out everywhere. Rows that are updated by themselves are not looked through for them.
 */
const withoutSubnormals = (slot: Tensor): Tensor => where(less(abs(slot), 2 ** -126), 0, slot);

const tensorsOf = (variables: Readonly<Record<string, Variable>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, variable.tensor]));

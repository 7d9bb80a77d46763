import { stateError } from "../errors.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { loadedOptimizer, type OptimizerName, optimizerOf } from "../optim/optimizers.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Objective } from "./objective.ts";

/** What `compile` decided: the optimizer, losses and metrics; and how many epochs were trained since. */
export class TrainingSetup {
  /** Epochs that were trained since `compile`, in all calls of `fit`. */
  epochs = 0;
  private made: Optimizer | undefined;

  /** @throws ValueError on what is no optimizer. */
  constructor(
    private readonly label: string,
    readonly objective: Objective,
    private readonly given: OptimizerName | Optimizer,
  ) {
    this.made = loadedOptimizer(given, label);
  }

  /** Loads the code of what was given by name, where it is not loaded. Must have ended before a step is recorded. */
  load(): this | Promise<this> {
    return this.made && this.objective.isLoaded ? this : this.loadNow();
  }

  private async loadNow(): Promise<this> {
    await this.objective.load();
    this.made ??= await optimizerOf(this.given);
    return this;
  }

  /** @throws StateError as long as an optimizer that was given by name is not loaded. */
  get optimizer(): Optimizer {
    if (this.made) return this.made;
    throw stateError(this.label, {
      rule: `the optimizer "${this.given}" is loaded by the first fit, evaluate or trainOnBatch`,
      expected: "a call of one of these before",
      received: "none",
      advice: `Or give ${this.given}() instead of its name.`,
    });
  }

  /** The kind of the next training step: with gradient accumulation most steps only add up gradients. */
  get trainingMode(): "train" | "accumulate" {
    return this.optimizer.phase === "update" ? "train" : "accumulate";
  }

  /** State of the optimizer and of the metrics. */
  get variables(): Variable[] {
    return [
      ...(this.made?.variables ?? []),
      ...Object.values(this.objective.reported).flatMap((metric) => metric.variables),
    ];
  }
}

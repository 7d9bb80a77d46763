import { stateError } from "../errors.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { type OptimizerName, optimizerAtHand, optimizerOf } from "../optim/optimizers.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Objective } from "./objective.ts";

/** What a model is trained for, and how. */
export class Task {
  /** Epochs that were trained, in all fits since `compile`. */
  epochs = 0;
  private made: Optimizer | undefined;

  /** @throws ValueError on what is no optimizer. */
  constructor(
    private readonly label: string,
    readonly objective: Objective,
    private readonly given: OptimizerName | Optimizer,
  ) {
    this.made = optimizerAtHand(given, label);
  }

  /** Loads what names stand for; nothing runs before. */
  async load(): Promise<this> {
    await this.objective.load();
    this.made ??= await optimizerOf(this.given);
    return this;
  }

  /** @throws StateError as long as a rare one, given by name, is not loaded. */
  get optimizer(): Optimizer {
    if (this.made) return this.made;
    throw stateError(this.label, {
      rule: `the optimizer "${this.given}" is loaded by the first fit, evaluate or trainOnBatch`,
      expected: "a call of one of these before",
      received: "none",
      advice: `Or give ${this.given}() instead of its name.`,
    });
  }

  /** What the next training step does: some only add to gradients that a later one applies. */
  get trainingMode(): "train" | "accumulate" {
    return this.optimizer.phase === "update" ? "train" : "accumulate";
  }

  /** All state: the optimizer's and the metrics'. */
  get variables(): Variable[] {
    return [
      ...(this.made?.variables ?? []),
      ...Object.values(this.objective.reported).flatMap((metric) => metric.variables),
    ];
  }
}

// Local steps: workers train on their own and agree on weights every so many batches. Loaded by jobs that do that.

import { checkCount } from "../checks.ts";
import type { HostArray } from "../data/array.ts";
import { literal, valueError } from "../errors.ts";
import type { TypedArray } from "../ir/dtype.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { sgd } from "../optim/sgd.ts";
import { checkOptions } from "../options.ts";
import type { Variable } from "../tensor/variable.ts";
import type { BatchSpec } from "../train/batch.ts";
import type { Callback } from "../train/callback.ts";
import type { Model } from "../train/model.ts";
import type { Compiled } from "../train/session.ts";
import type { LocalSync, OuterOptions } from "./fit-options.ts";
import type { BatchProgram } from "./split-step.ts";
import type { Rounds, WorkerSteps } from "./worker-steps.ts";

/** The option `sync`, checked. @throws ValueError. */
export function localSync(label: string, sync: unknown): LocalSync {
  if (typeof sync === "string")
    throw valueError(label, { rule: "unknown sync", expected: '"step" or { every: 100 }', received: literal(sync) });
  const local = checkOptions(`sync of ${label}`, sync as LocalSync, { every: "number!", outer: "object" });
  checkCount(`sync of ${label}`, "every", local.every, 1);
  outerOptimizer(label, local.outer);
  return local;
}

/** @throws ValueError where the model's optimizer ends with averages of its own. */
export function checkOptimizer(label: string, { optimizer }: Model): void {
  if (!optimizer.getConfig().useEma) return;
  throw valueError(label, {
    rule: "the optimizer of local steps has no useEma",
    expected: "an optimizer without it: each worker would end with averages of its own",
    received: true,
  });
}

/** The optimizer that takes the mean of the workers' differences as gradients. */
function outerOptimizer(label: string, outer: OuterOptions | undefined): Optimizer {
  const options = checkOptions<OuterOptions>(`outer of ${label}`, outer ?? {}, {
    learningRate: "number",
    momentum: "number",
    nesterov: "boolean",
  });
  return sgd({ learningRate: 1, ...options });
}

/**
 * The optimizer of the weights that all workers share. It is the same on all of them; checkpoints keep its state by
 * way of callbacks.
 */
export class OuterOptimizer implements Callback {
  readonly optimizer: Optimizer;
  private slots: readonly HostArray[] = [];

  constructor(
    label: string,
    private readonly sync: LocalSync,
    { stepRunner }: Compiled,
  ) {
    this.optimizer = outerOptimizer(label, sync.outer);
    this.optimizer.build(stepRunner.trainable);
  }

  getState(): Readonly<Record<string, unknown>> {
    return { slots: this.slots };
  }

  setState({ slots }: Readonly<Record<string, unknown>>): void {
    this.slots = slots as readonly HostArray[];
    for (const [index, { data }] of this.slots.entries()) this.optimizer.variables[index]?.assign(data);
  }

  /** Reads its state for the next checkpoint. */
  async read(): Promise<void> {
    this.slots = await Promise.all(
      this.optimizer.variables.map(async (variable) => ({
        data: (await variable.read()) as Float32Array,
        shape: variable.shape,
      })),
    );
  }

  rounds(compiled: Compiled, size: number): Rounds {
    return new LocalRounds(this, this.sync.every, compiled, size);
  }
}

/**
 * Workers that train with the model's optimizer on their own. A round is `every` batches of each, or what an epoch has
 * left; it ends with an update of the weights that all begin the next one with: a step of the outer optimizer, with the
 * mean of what the workers have gone (weights before minus weights after) as gradients. Workers that had no batch in a
 * round do not count in its mean. Moving averages and metrics take the batches of all workers in order, at the end of
 * the round. The state of the model's optimizer stays with each worker.
 * @see McMahan et al. 2017, arXiv:1602.05629 (FedAvg); Douillard et al. 2023, arXiv:2311.08105 (DiLoCo).
 */
class LocalRounds implements Rounds {
  /** So that all validate and report with the same weights. */
  readonly spansEpochs = false;
  /** Weights at the begin of the round. */
  private start: TypedArray[] = [];

  constructor(
    private readonly outer: OuterOptimizer,
    readonly every: number,
    private readonly compiled: Compiled,
    private readonly size: number,
  ) {}

  /** As for a step of `fit`: the batch updates the weights and what the optimizer keeps. */
  record(spec: BatchSpec): BatchProgram {
    const { stepRunner, setup } = this.compiled;
    const { updates = [], outputs } = stepRunner.record("train", spec);
    const own = new Set([...stepRunner.trainable, ...setup.optimizer.variables]);
    const isOwn = ([variable]: readonly [Variable, unknown]) => own.has(variable);
    return {
      updates: updates.filter(isOwn),
      gradients: {},
      state: updates.filter((update) => !isOwn(update)),
      others: Object.values(outputs),
    };
  }

  async begin(): Promise<void> {
    this.start = await Promise.all(this.compiled.stepRunner.trainable.map((variable) => variable.read()));
  }

  computed(): void {
    this.compiled.setup.optimizer.advance();
  }

  async end(batches: number, steps: WorkerSteps): Promise<void> {
    const { outer, start } = this;
    const { vector, updates } = steps;
    let at = 0;
    for (const [index, variable] of this.compiled.stepRunner.trainable.entries()) {
      const before = start[index] as TypedArray;
      const after = await variable.read();
      for (let i = 0; i < after.length; i++) vector[at + i] = (before[i] as number) - (after[i] as number);
      at += after.length;
      variable.assign(before);
    }
    steps.post();
    await steps.applyExtras();
    await steps.applyMean(outer.optimizer, Math.min(this.size, batches), updates);
    await outer.read();
  }
}

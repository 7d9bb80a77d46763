// Local steps: workers train on their own and agree on weights every so many batches. Loaded by jobs that do that.

import { checkCount } from "../checks.ts";
import type { HostArray } from "../data/array.ts";
import { literal, valueError } from "../errors.ts";
import type { TypedArray } from "../ir/dtype.ts";
import { sizeOf } from "../ir/shape.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { sgd } from "../optim/sgd.ts";
import { checkOptions } from "../options.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Compiled } from "../train/session.ts";
import type { LocalSync, OuterOptions } from "./fit-options.ts";
import type { Rounds } from "./worker-steps.ts";

/** The option `sync`, checked. @throws ValueError. */
export function localSync(label: string, sync: unknown): LocalSync {
  if (typeof sync === "string")
    throw valueError(label, { rule: "unknown sync", expected: '"step" or { every: 100 }', received: literal(sync) });
  const local = checkOptions(`sync of ${label}`, sync as LocalSync, { every: "number!", outer: "object" });
  checkCount(`sync of ${label}`, "every", local.every, 1);
  outerOptimizer(label, local.outer);
  return local;
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
 * Workers that train with the model's optimizer on their own. A round is `every` batches of each, or what an epoch has
 * left; it ends with an update of the weights that all begin the next one with: a step of the outer optimizer, with the
 * mean of what the workers have gone (weights before minus weights after) as gradients. Workers that had no batch in a
 * round do not count in its mean. Moving averages and metrics take the batches of all workers in order, at the end of
 * the round. The state of the model's optimizer stays with each worker; that of the outer one is the same on all.
 * @throws ValueError where the model's optimizer ends with averages of its own.
 * @see McMahan et al. 2017, arXiv:1602.05629 (FedAvg); Douillard et al. 2023, arXiv:2311.08105 (DiLoCo).
 */
export function localRounds(label: string, { every, outer }: LocalSync, { stepRunner, setup }: Compiled): Rounds {
  if (setup.optimizer.getConfig().useEma) {
    throw valueError(label, {
      rule: "the optimizer of local steps has no useEma",
      expected: "an optimizer without it: each worker would end with averages of its own",
      received: true,
    });
  }
  const { trainable } = stepRunner;
  const optimizer = outerOptimizer(label, outer);
  optimizer.build(trainable);
  /** The state of the outer optimizer, for the next checkpoint. */
  let slots: readonly HostArray[] = [];
  /** Weights at the begin of the round. */
  let start: TypedArray[] = [];
  return {
    every,
    // So that all validate and report with the same weights.
    spansEpochs: false,
    optimizer,

    getState: () => ({ slots }),

    setState(state) {
      slots = state.slots as readonly HostArray[];
      // The first checkpoint is written before the first update, and has none: they begin at zero.
      for (const [index, variable] of optimizer.variables.entries())
        variable.assign(slots[index]?.data ?? new Float32Array(sizeOf(variable.shape)));
    },

    /** As for a step of `fit`: the batch updates the weights and what the optimizer keeps. */
    record(spec) {
      const { updates = [], outputs } = stepRunner.record("train", spec);
      const own = new Set([...trainable, ...setup.optimizer.variables]);
      const isOwn = ([variable]: readonly [Variable, unknown]) => own.has(variable);
      return {
        updates: updates.filter(isOwn),
        gradients: {},
        state: updates.filter((update) => !isOwn(update)),
        others: Object.values(outputs),
      };
    },

    async begin() {
      start = await Promise.all(trainable.map((variable) => variable.read()));
    },

    computed() {
      setup.optimizer.advance();
      return false;
    },

    async end(vector) {
      let at = 0;
      for (const [index, variable] of trainable.entries()) {
        const before = start[index] as TypedArray;
        const after = await variable.read();
        for (let i = 0; i < after.length; i++) vector[at + i] = (before[i] as number) - (after[i] as number);
        at += after.length;
        variable.assign(before);
      }
    },

    async updated() {
      slots = await Promise.all(
        optimizer.variables.map(async (variable) => ({
          data: (await variable.read()) as Float32Array,
          shape: variable.shape,
        })),
      );
    },
  };
}

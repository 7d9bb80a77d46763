import { sizeOf } from "../../src/ir/shape.ts";
import * as optimizers from "../../src/optim/index.ts";
import * as optimizersOnDemand from "../../src/optim/on-demand.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import type { OptimizerOptions } from "../../src/optim/optimizer-options.ts";
import type { Schedule } from "../../src/optim/schedule.ts";
import {
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  piecewiseConstantDecay,
  polynomialDecay,
} from "../../src/optim/schedules.ts";

/** The generator of scripts/golden/common.py: multiples of 1/64 in [−2, 2], exact in float32. */
export class Lcg {
  constructor(private state = 1) {}

  array(shape: readonly number[], scale = 1): Float32Array {
    return Float32Array.from({ length: sizeOf(shape) }, () => ((this.integer(257) - 128) / 64) * scale);
  }

  private integer(below: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return (this.state >>> 16) % below;
  }
}

const schedules = {
  exponentialDecay,
  inverseTimeDecay,
  piecewiseConstantDecay,
  polynomialDecay,
  cosineDecay,
  cosineDecayRestarts,
};

export interface ScheduleDescription {
  schedule: string;
  config: object;
}

/** A schedule from its description in a golden file. */
export function scheduleOf({ schedule, config }: ScheduleDescription): Schedule {
  return (schedules[schedule as keyof typeof schedules] as (config: object) => Schedule)(config);
}

/** An optimizer from its description in a golden file. */
export function optimizerOf(name: string, config: object): Optimizer {
  const { learningRate, ...rest } = config as { learningRate?: number | ScheduleDescription };
  const make = { ...optimizers, ...optimizersOnDemand }[name as "sgd"] as (options: OptimizerOptions) => Optimizer;
  if (learningRate === undefined) return make(rest);
  return make({ ...rest, learningRate: typeof learningRate === "object" ? scheduleOf(learningRate) : learningRate });
}

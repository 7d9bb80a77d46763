// A cell run over a sequence: as a loop, or with every step recorded by itself.
import { where } from "../../tensor/ops/elementwise.ts";
import { concat } from "../../tensor/ops/joining.ts";
import { reshape, zeros } from "../../tensor/ops/shaping.ts";
import { type Scanned, scan } from "../../tensor/scan/scan.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { CallContext, Layer } from "../layer.ts";
import type { Cell } from "./recurrent-cell.ts";

/** What a cell has made of a sequence. */
export interface CellRun {
  /** The outputs of all steps, [time, batch, units]. @param reversed whether that of the last step comes first. */
  sequence(reversed?: boolean): Tensor;
  /** The output of the last step. */
  readonly output: Tensor;
  /** The states after it. */
  readonly states: readonly Tensor[];
}

/** How a cell is run. */
export interface RunOptions {
  /** [time, batch, features], in the order of time. */
  readonly sequence: Tensor;
  readonly initial: readonly Tensor[];
  /** The number of the step of the sequence that is read as number `index`. */
  readonly timeOf: (index: number) => number;
  /** Whether step number `index` counts, 1 or 0 [batch, 1]; undefined where all do. */
  readonly countOf: (index: number) => Tensor | undefined;
  /** Whether the output of a step that does not count is 0. */
  readonly zeroOutputForMask: boolean | undefined;
  /** Whether every step is recorded by itself. Default: where there are few. */
  readonly unroll: boolean | undefined;
}

/** Most steps that are recorded one by one where nothing else is said. */
const maxUnrolled = 40;

/** Runs a cell over a sequence. */
export function runCell(
  cell: Cell,
  { sequence, initial, timeOf, countOf, zeroOutputForMask, unroll }: RunOptions,
  ctx: CallContext,
): CellRun {
  const time = sequence.shape[0] as number;
  const watched = new StepWatch(ctx);
  const step = cell.begin(sequence, watched.context);
  const advance = (index: number, before: readonly Tensor[]): { states: readonly Tensor[]; output: Tensor } => {
    const count = countOf(index);
    const after = step(timeOf(index), before);
    const states = count ? after.map((state, i) => where(count, state, before[i] as Tensor)) : after;
    const output = count && zeroOutputForMask ? where(count, after[0] as Tensor, 0) : (states[0] as Tensor);
    return { states, output };
  };

  if (!(unroll ?? time <= maxUnrolled)) {
    const count = initial.length;
    const run = watched.scan(
      time,
      // The last output is carried, too, where it may be no state.
      zeroOutputForMask ? [...initial, zeros((initial[0] as Tensor).shape)] : initial,
      (index, carried) => {
        const { states, output } = advance(index, carried.slice(0, count));
        return { next: zeroOutputForMask ? [...states, output] : states, outputs: [output] };
      },
      cell.isUniform,
    );
    if (run) {
      const last = run.last();
      return {
        sequence: (reversed) => run.stacked(reversed)[0] as Tensor,
        output: last[zeroOutputForMask ? count : 0] as Tensor,
        states: last.slice(0, count),
      };
    }
  }
  let states = initial;
  const outputs = Array.from({ length: time }, (_, index) => {
    const stepped = advance(index, states);
    states = stepped.states;
    return stepped.output;
  });
  return {
    sequence: (reversed) => sequenceOf(reversed ? outputs.toReversed() : outputs),
    output: outputs.at(-1) as Tensor,
    states,
  };
}

/** Outputs [batch, units] one after the other: [time, batch, units]. */
function sequenceOf(outputs: readonly Tensor[]): Tensor {
  return reshape(concat(outputs, 0), [outputs.length, ...(outputs[0] as Tensor).shape]);
}

/**
 * A context for a cell whose steps may be recorded to be looped: what a step reports belongs to one step then, which no
 * program computes by itself.
 */
class StepWatch {
  readonly context: CallContext;
  private isTrying = false;
  /** Whether a step has asked for what cannot be had of a loop. */
  private isRefused = false;
  private observed: [layer: Layer, outputs: readonly Tensor[], inputs: readonly Tensor[]][] = [];

  constructor(private readonly ctx: CallContext) {
    /** Refuses where steps are tried, and else passes on. */
    const refusing =
      <A extends unknown[], R>(act: (...args: A) => R, refused: R) =>
      (...args: A): R => {
        if (!this.isTrying) return act(...args);
        this.isRefused = true;
        return refused;
      };
    this.context = Object.assign(Object.create(ctx) as CallContext, {
      update: refusing((...args: Parameters<CallContext["update"]>) => ctx.update(...args), undefined),
      addLoss: refusing((...args: Parameters<CallContext["addLoss"]>) => ctx.addLoss(...args), undefined),
      stream: refusing((...args: Parameters<CallContext["stream"]>) => ctx.stream(...args), 0),
      observe: (...use: Parameters<CallContext["observe"]>) => {
        if (this.isTrying) this.observed.push(use);
        else ctx.observe(...use);
      },
    });
  }

  /** As `scan`. Layers that steps use are reported with what they give in all steps. */
  scan(...[steps, initial, step, isUniform]: Parameters<typeof scan>): Scanned | undefined {
    this.isTrying = true;
    let uses = this.observed;
    const run = scan(
      steps,
      initial,
      (index, carried) => {
        this.observed = [];
        const stepped = step(index, carried);
        if (index === 0) uses = this.observed;
        return stepped;
      },
      isUniform,
    );
    this.isTrying = false;
    if (!run || this.isRefused) return undefined;
    for (const [layer, ...tensors] of uses) {
      const [outputs, inputs] = tensors.map((list) => list.map((tensor) => run.stackOf(tensor)));
      if (isWhole(outputs) && isWhole(inputs)) this.ctx.observe(layer, outputs, inputs);
    }
    return run;
  }
}

const isWhole = (list: readonly (Tensor | undefined)[] | undefined): list is readonly Tensor[] =>
  list?.every((tensor) => tensor !== undefined) === true;

// The base class of recurrent cells: one step of a recurrent layer.
import { shapeError } from "../../errors.ts";
import { formatShape, mayBeShape } from "../../ir/shape.ts";
import { expandDims } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type CallContext, Layer, type LayerOptions, listOf } from "../layer.ts";

/**
 * What a cell makes of step `time` and the states [batch, size] before it: the states after it, of which the first is
 * its output.
 */
export type Step = (time: number, states: readonly Tensor[]) => readonly Tensor[];

/**
 * One step of a recurrent layer; `rnn(cell)` runs it over a sequence. As a layer by itself it takes [x, ...states] and
 * gives the states after the step, of which the first is the output. A cell of one's own extends this.
 */
export abstract class Cell<Options extends LayerOptions = LayerOptions> extends Layer<Options> {
  /** The length of each state; the first is that of the output. */
  abstract readonly stateSizes: readonly number[];

  /**
   * Whether all steps are known to do the same, but for the number of the step from which they read: then a long
   * sequence is recorded without comparing all of its steps. Default false.
   */
  get isUniform(): boolean {
    return false;
  }

  /**
   * Records what needs no state, for all steps of `x` [time, batch, features] at once, and gives what records a step.
   */
  abstract begin(x: Tensor, ctx: CallContext): Step;

  protected override get takesList(): boolean {
    return true;
  }

  override call(inputs: Tensor | readonly Tensor[], ctx: CallContext): readonly Tensor[] {
    const [x, ...states] = listOf(inputs) as readonly [Tensor, ...Tensor[]];
    checkStates(this, x, states);
    return this.begin(expandDims(x, 0), ctx)(0, states);
  }
}

/** Throws unless there is a state [batch, size] for each size. */
export function checkStates(
  { label, stateSizes }: { label: string; stateSizes: readonly number[] },
  x: Tensor,
  states: readonly Tensor[],
): void {
  const batch = x.shape[0] as number;
  const fits =
    states.length === stateSizes.length &&
    states.every(({ shape }, index) => mayBeShape(shape, [batch, stateSizes[index] as number]));
  if (fits) return;
  throw shapeError(label, {
    rule: "the states must fit the input and the units",
    expected: stateSizes.map((size) => formatShape([batch, size])).join(", "),
    received: states.map(({ shape }) => formatShape(shape)).join(", ") || "none",
    context: `input ${formatShape(x.shape)}`,
    advice: "Give [x, ...states].",
  });
}

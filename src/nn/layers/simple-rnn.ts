// The plain recurrent network: its cell and its layer.
import { withArguments } from "../../options.ts";
import { add } from "../../tensor/ops/elementwise.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { CallContext } from "../layer.ts";
import { cellTable, KernelCell, type RecurrentCellOptions } from "./kernel-cell.ts";
import type { Step } from "./recurrent-cell.ts";
import { Recurrent, type SequenceOptions, sequenceTable } from "./rnn.ts";

/** See {@link simpleRnnCell}. */
export class SimpleRnnCell extends KernelCell {
  constructor(
    options: RecurrentCellOptions & {
      /** Outputs of a sample, or of a step, ≥ 1. */
      units: number;
    },
  ) {
    super("simpleRnnCell", options, 1, cellTable());
  }

  override get isUniform(): boolean {
    return this.constructor === SimpleRnnCell;
  }

  override begin(x: Tensor, ctx: CallContext): Step {
    const input = this.inputs(x, ctx, this.bias && ctx.value(this.bias));
    const [recurrence] = this.recurrences(x, ctx, [[0, 1]]) as [(h: Tensor) => Tensor];
    return (time, [h]) => [this.activation(add(input(time), recurrence(h as Tensor)))];
  }
}

/**
 * The cell of {@link simpleRnn}, for {@link rnn}. As a layer: [x, h] gives [h'].
 * @throws ValueError on bad units or rates.
 * @see Keras 3 `layers.SimpleRNNCell`.
 */
export function simpleRnnCell(units: number, options: RecurrentCellOptions = {}): SimpleRnnCell {
  return new SimpleRnnCell(withArguments("simpleRnnCell", options, "activation", { units }));
}

/** Options of {@link simpleRnn}. */
export interface SimpleRnnOptions extends RecurrentCellOptions, SequenceOptions {}

/** See {@link simpleRnn}. */
export class SimpleRnn extends Recurrent<
  SimpleRnnOptions & {
    /** Outputs of a sample, or of a step, ≥ 1. */
    units: number;
  }
> {
  constructor(
    options: SimpleRnnOptions & {
      /** Outputs of a sample, or of a step, ≥ 1. */
      units: number;
    },
  ) {
    super("simpleRnn", options, { ...cellTable(), ...sequenceTable }, (cell, nameRule) => [
      Object.assign(new SimpleRnnCell(cell), { nameRule }),
    ]);
  }
}

/**
 * h' = activation(x·kernel + h·recurrentKernel + bias) for each step of a sequence. Shapes: as {@link rnn}, one state
 * [batch, units]. Variables: kernel [features, units], recurrentKernel [units, units], bias [units].
 * @param units length of the state and the output, an integer ≥ 1.
 * @throws ValueError on bad options; ShapeError on inputs, states and masks that do not fit.
 * @see Elman 1990; Keras 3 `layers.SimpleRNN`.
 */
export function simpleRnn(units: number, options: SimpleRnnOptions = {}): SimpleRnn {
  return new SimpleRnn(withArguments("simpleRnn", options, "returnSequences", { units }));
}

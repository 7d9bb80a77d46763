// Long short-term memory: its cell and its layer.
import { type OwnTable, withArguments } from "../../options.ts";
import { add, mul } from "../../tensor/ops/elementwise.ts";
import { concat } from "../../tensor/ops/joining.ts";
import { tensor } from "../../tensor/ops/leaf.ts";
import { fill, ones } from "../../tensor/ops/shaping.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { activationOf } from "../activation-names.ts";
import type { Activation } from "../activations.ts";
import { type InitializerName, initializer } from "../initializer-names.ts";
import type { Initializer } from "../initializers.ts";
import type { CallContext, LayerOptions } from "../layer.ts";
import { type GatedCellOptions, gatedTable, KernelCell } from "./kernel-cell.ts";
import type { Step } from "./recurrent-cell.ts";
import { Recurrent, type SequenceOptions, sequenceTable } from "./rnn.ts";

/** Options of {@link lstmCell}. */
export interface LstmCellOptions extends GatedCellOptions {
  /** Whether the bias of the forget gate begins at 1, so that a cell remembers at first. Default true. */
  unitForgetBias?: boolean;
}

type LstmCellConfig = LstmCellOptions & {
  /** Outputs of a sample, or of a step, ≥ 1. */
  units: number;
};

const lstmTable = (): OwnTable<LstmCellConfig, LayerOptions> => ({ ...gatedTable(), unitForgetBias: "boolean" });

/** See {@link lstmCell}. */
export class LstmCell extends KernelCell<LstmCellConfig> {
  private readonly gate: Activation;
  private readonly unitForgetBias: boolean;

  constructor(options: LstmCellConfig) {
    super("lstmCell", options, 4, lstmTable());
    const { recurrentActivation = "sigmoid", unitForgetBias = true } = this.config;
    this.gate = activationOf(recurrentActivation, this.label);
    this.unitForgetBias = unitForgetBias;
  }

  override get stateSizes(): readonly number[] {
    return [this.units, this.units];
  }

  protected override initialBias(given: InitializerName | Initializer): InitializerName | Initializer {
    if (!this.unitForgetBias) return given;
    const make = initializer(given, this.label);
    return (_, source) => {
      const part = (units: number): Tensor => {
        const values = make([units], source);
        return typeof values === "number"
          ? fill([units], values)
          : values instanceof Tensor
            ? values
            : tensor(values, [units], { dtype: "float32" });
      };
      return concat([part(this.units), ones([this.units]), part(2 * this.units)]);
    };
  }

  override get isUniform(): boolean {
    return this.constructor === LstmCell;
  }

  override begin(x: Tensor, ctx: CallContext): Step {
    const input = this.inputs(x, ctx, this.bias && ctx.value(this.bias));
    const [recurrence] = this.recurrences(x, ctx, [[0, 4]]) as [(h: Tensor) => Tensor];
    return (time, states) => {
      const [h, c] = states as [Tensor, Tensor];
      const all = add(input(time), recurrence(h));
      const [write, keep, read] = [0, 1, 3].map((gate) => this.gate(this.columns(all, gate))) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const carry = add(mul(keep, c), mul(write, this.activation(this.columns(all, 2))));
      return [mul(read, this.activation(carry)), carry];
    };
  }
}

/**
 * The cell of {@link lstm}, for {@link rnn}. As a layer: [x, h, c] gives [h', c'].
 * @throws ValueError on bad units, rates or names.
 * @see Keras 3 `layers.LSTMCell`.
 */
export function lstmCell(units: number, options: LstmCellOptions = {}): LstmCell {
  return new LstmCell(withArguments("lstmCell", options, "activation", { units }));
}

/** Options of {@link lstm}. */
export interface LstmOptions extends LstmCellOptions, SequenceOptions {}

/** See {@link lstm}. */
export class Lstm extends Recurrent<
  LstmOptions & {
    /** Outputs of a sample, or of a step, ≥ 1. */
    units: number;
  }
> {
  constructor(
    options: LstmOptions & {
      /** Outputs of a sample, or of a step, ≥ 1. */
      units: number;
    },
  ) {
    super("lstm", options, { ...lstmTable(), ...sequenceTable }, (cell, nameRule) => [
      Object.assign(new LstmCell(cell), { nameRule }),
    ]);
  }
}

/**
 * Long short-term memory: c' = f·c + i·activation(…), h' = o·activation(c'), with an input gate i, a forget gate f and
 * an output gate o, each recurrentActivation(x·kernel + h·recurrentKernel + bias). The columns of the kernels are i, f,
 * the candidate's and o. Shapes: as {@link rnn}, two states h and c [batch, units]. Variables: kernel [features,
 * 4·units], recurrentKernel [units, 4·units], bias [4·units].
 * @param units length of the states and the output, an integer ≥ 1.
 * @throws ValueError on bad options; ShapeError on inputs, states and masks that do not fit.
 * @see Hochreiter & Schmidhuber 1997; Keras 3 `layers.LSTM`.
 */
export function lstm(units: number, options: LstmOptions = {}): Lstm {
  return new Lstm(withArguments("lstm", options, "returnSequences", { units }));
}

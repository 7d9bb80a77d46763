// The gated recurrent unit: its cell and its layer.
import type { Shape } from "../../ir/shape.ts";
import { type OwnTable, withArguments } from "../../options.ts";
import { add, mul, sub } from "../../tensor/ops/elementwise.ts";
import { slice } from "../../tensor/ops/joining.ts";
import { reshape } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { activationOf } from "../activation-names.ts";
import type { Activation } from "../activations.ts";
import type { CallContext, LayerOptions } from "../layer.ts";
import { type GatedCellOptions, gatedTable, KernelCell } from "./kernel-cell.ts";
import type { Step } from "./recurrent-cell.ts";
import { Recurrent, type SequenceOptions, sequenceTable } from "./rnn.ts";

/** Options of {@link gruCell}. */
export interface GruCellOptions extends GatedCellOptions {
  /**
   * Whether the reset gate is applied after the product of the state with its kernel, which then has a bias of its own.
   * Default true.
   */
  resetAfter?: boolean;
}

type GruCellConfig = GruCellOptions & {
  /** Outputs of a sample, or of a step, ≥ 1. */
  units: number;
};

const gruTable = (): OwnTable<GruCellConfig, LayerOptions> => ({ ...gatedTable(), resetAfter: "boolean" });

/** See {@link gruCell}. */
export class GruCell extends KernelCell<GruCellConfig> {
  private readonly gate: Activation;
  private readonly resetAfter: boolean;

  constructor(options: GruCellConfig) {
    super("gruCell", options, 3, gruTable());
    const { recurrentActivation = "sigmoid", resetAfter = true } = this.config;
    this.gate = activationOf(recurrentActivation, this.label);
    this.resetAfter = resetAfter;
  }

  protected override get biasShape(): Shape {
    return this.resetAfter ? [2, 3 * this.units] : [3 * this.units];
  }

  override get isUniform(): boolean {
    return this.constructor === GruCell;
  }

  override begin(x: Tensor, ctx: CallContext): Step {
    const bias = this.bias && ctx.value(this.bias);
    const length = 3 * this.units;
    const rows =
      bias && this.resetAfter
        ? [0, 1].map((row) => reshape(slice(bias, [row, 0], [1, length]), [length]))
        : [bias, undefined];
    const input = this.inputs(x, ctx, rows[0]);
    const candidate = this.resetAfter ? this.after(x, ctx, rows[1]) : this.before(x, ctx);
    return (time, [h]) => {
      const { update, fresh } = candidate(input(time), h as Tensor);
      return [add(mul(update, h as Tensor), mul(sub(1, update), fresh))];
    };
  }

  /** The reset gate after the product of the state. */
  private after(x: Tensor, ctx: CallContext, bias: Tensor | undefined) {
    const [recurrence] = this.recurrences(x, ctx, [[0, 3]]) as [(h: Tensor) => Tensor];
    return (input: Tensor, h: Tensor) => {
      const product = recurrence(h);
      const inner = bias ? add(product, bias) : product;
      const [update, reset] = [0, 1].map((gate) =>
        this.gate(add(this.columns(input, gate), this.columns(inner, gate))),
      ) as [Tensor, Tensor];
      return { update, fresh: this.activation(add(this.columns(input, 2), mul(reset, this.columns(inner, 2)))) };
    };
  }

  /** The reset gate before it. */
  private before(x: Tensor, ctx: CallContext) {
    const [gates, last] = this.recurrences(x, ctx, [
      [0, 2],
      [2, 3],
    ]) as [(h: Tensor) => Tensor, (h: Tensor) => Tensor];
    return (input: Tensor, h: Tensor) => {
      const inner = add(this.columns(input, 0, 2), gates(h));
      const [update, reset] = [0, 1].map((gate) => this.gate(this.columns(inner, gate))) as [Tensor, Tensor];
      return { update, fresh: this.activation(add(this.columns(input, 2), last(mul(reset, h)))) };
    };
  }
}

/**
 * The cell of {@link gru}, for {@link rnn}. As a layer: [x, h] gives [h'].
 * @throws ValueError on bad units, rates or names.
 * @see Keras 3 `layers.GRUCell`.
 */
export function gruCell(units: number, options: GruCellOptions = {}): GruCell {
  return new GruCell(withArguments("gruCell", options, "activation", { units }));
}

/** Options of {@link gru}. */
export interface GruOptions extends GruCellOptions, SequenceOptions {}

/** See {@link gru}. */
export class Gru extends Recurrent<
  GruOptions & {
    /** Outputs of a sample, or of a step, ≥ 1. */
    units: number;
  }
> {
  constructor(
    options: GruOptions & {
      /** Outputs of a sample, or of a step, ≥ 1. */
      units: number;
    },
  ) {
    super("gru", options, { ...gruTable(), ...sequenceTable }, (cell, nameRule) => [
      Object.assign(new GruCell(cell), { nameRule }),
    ]);
  }
}

/**
 * Gated recurrent unit: h' = z·h + (1 − z)·activation(x·kernel + r·(h·recurrentKernel + bias)), with an update gate z
 * and a reset gate r. The columns of the kernels are z, r and the candidate's. Shapes: as {@link rnn}, one state
 * [batch, units]. Variables: kernel [features, 3·units], recurrentKernel [units, 3·units], bias [2, 3·units] (for input
 * and state; [3·units] without resetAfter).
 * @param units length of the state and the output, an integer ≥ 1.
 * @throws ValueError on bad options; ShapeError on inputs, states and masks that do not fit.
 * @see Cho et al. 2014, arXiv:1406.1078; Keras 3 `layers.GRU`.
 */
export function gru(units: number, options: GruOptions = {}): Gru {
  return new Gru(withArguments("gru", options, "returnSequences", { units }));
}

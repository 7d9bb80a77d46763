// What the cells of simpleRnn, gru and lstm share: kernels, biases, dropout of inputs and states.
import { checkCounts } from "../../checks.ts";
import { checkNumber, shapeError } from "../../errors.ts";
import { formatShape, mayEqual, type Shape } from "../../ir/shape.ts";
import type { OwnTable } from "../../options.ts";
import type { Constraint, ConstraintName } from "../../regularize/constraints.ts";
import type { Penalty, PenaltyName } from "../../regularize/penalties.ts";
import { add, mul } from "../../tensor/ops/elementwise.ts";
import { concat, slice } from "../../tensor/ops/joining.ts";
import { constantValue } from "../../tensor/ops/leaf.ts";
import { matmul } from "../../tensor/ops/matmul.ts";
import { randomBernoulli } from "../../tensor/ops/random.ts";
import { broadcastToOp, reshape, zeros } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { type ActivationName, activationOf } from "../activation-names.ts";
import type { Activation } from "../activations.ts";
import type { InitializerName } from "../initializer-names.ts";
import type { Initializer } from "../initializers.ts";
import type { BatchShape, CallContext, LayerOptions } from "../layer.ts";
import { type KernelOptions, kernelTable } from "./kernel.ts";
import { keyOf, type NoiseOptions, noiseTable } from "./noise.ts";
import { Cell } from "./recurrent-cell.ts";

/** Options of `simpleRnn` and its cell, and together with further ones, of the other recurrent layers. */
export interface RecurrentCellOptions extends KernelOptions, NoiseOptions {
  /** Default "tanh"; null for none. */
  activation?: ActivationName | Activation | null;
  /** Of the kernel that multiplies the state. Default "orthogonal". */
  recurrentInitializer?: InitializerName | Initializer;
  /** A penalty of the kernel that multiplies the state, or its name. Default: none. */
  recurrentRegularizer?: PenaltyName | Penalty;
  /** A constraint on that kernel, or its name. Default: none. */
  recurrentConstraint?: ConstraintName | Constraint;
  /** Share of the inputs that is dropped in training, the same at all steps of a sequence. In [0, 1], default 0. */
  dropout?: number;
  /**
   * Share of the state that is dropped in training where it meets its kernel, the same at all steps of a sequence. In
   * [0, 1], default 0. Each gate then has masks of its own, for inputs and states, as in Keras.
   */
  recurrentDropout?: number;
}

/** Options of cells with gates. */
export interface GatedCellOptions extends RecurrentCellOptions {
  /** Of the gates. Default "sigmoid"; null for none. */
  recurrentActivation?: ActivationName | Activation | null;
}

export const cellTable = (): OwnTable<KernelCellConfig, LayerOptions> => ({
  units: "number!",
  ...kernelTable(),
  ...noiseTable,
  recurrentInitializer: "string or function",
  recurrentRegularizer: "string or function",
  recurrentConstraint: "string or function",
  dropout: "number",
  recurrentDropout: "number",
});

export const gatedTable = (): OwnTable<
  GatedCellOptions & {
    /** Outputs of a sample, or of a step, ≥ 1. */
    units: number;
  },
  LayerOptions
> => ({
  ...cellTable(),
  recurrentActivation: "string or function or null",
});

type KernelCellConfig = RecurrentCellOptions & {
  /** Outputs of a sample, or of a step, ≥ 1. */
  units: number;
};

/** What Keras's cells share: the gates' kernels, side by side in one for inputs and one for states; a bias; dropout. */
export abstract class KernelCell<Options extends KernelCellConfig = KernelCellConfig> extends Cell<Options> {
  protected readonly activation: Activation;
  protected readonly units: number;
  protected bias?: Variable | undefined;
  private kernel?: Variable;
  private recurrentKernel?: Variable;

  /** @param gates how many kernels are side by side. */
  constructor(
    kind: string,
    options: Options,
    private readonly gates: number,
    table: OwnTable<Options, LayerOptions>,
  ) {
    super(kind, options, table);
    const { units, activation = "tanh", dropout = 0, recurrentDropout = 0 } = this.config;
    checkCounts(this.label, { units });
    for (const [name, rate] of Object.entries({ dropout, recurrentDropout }))
      checkNumber(this.label, name, rate, "a number in [0, 1]", (r) => r >= 0 && r <= 1);
    this.units = units;
    this.activation = activationOf(activation, this.label);
  }

  override get stateSizes(): readonly number[] {
    return [this.units];
  }

  override build(inputShape: BatchShape | readonly BatchShape[]): void {
    const { units, gates } = this;
    const { useBias = true, biasInitializer = "zeros", recurrentInitializer = "orthogonal", ...options } = this.config;
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as BatchShape;
    this.kernel = this.addVariable("kernel", [this.knownExtent(shape), gates * units], {
      initializer: options.kernelInitializer ?? "glorotUniform",
      regularizer: options.kernelRegularizer,
      constraint: options.kernelConstraint,
    });
    this.recurrentKernel = this.addVariable("recurrentKernel", [units, gates * units], {
      initializer: recurrentInitializer,
      regularizer: options.recurrentRegularizer,
      constraint: options.recurrentConstraint,
    });
    if (!useBias) return;
    this.bias = this.addVariable("bias", this.biasShape, {
      initializer: this.initialBias(biasInitializer),
      regularizer: options.biasRegularizer,
      constraint: options.biasConstraint,
    });
  }

  protected get biasShape(): Shape {
    return [this.gates * this.units];
  }

  /** The bias's initializer, of the one given. */
  protected initialBias(given: InitializerName | Initializer): InitializerName | Initializer {
    return given;
  }

  /**
   * x·kernel + bias for all steps of x [time, batch, features] in one product, to be read step by step: [batch,
   * gates·units].
   */
  protected inputs(x: Tensor, ctx: CallContext, bias: Tensor | undefined): (time: number) => Tensor {
    const { kernel, units, gates } = this;
    if (!kernel || !mayEqual(x.shape[2], kernel.shape[0])) {
      throw shapeError(this.label, {
        rule: "the input's last axis must be the kernel's first",
        expected: kernel?.shape[0] ?? "a layer that was built",
        received: x.shape[2],
        context: `input ${formatShape(x.shape)} by [time, batch, features]${kernel ? `, kernel ${formatShape(kernel.shape)}` : ""}`,
      });
    }
    const [time, batch, features] = x.shape as [number, number, number];
    const product = this.product(
      ctx.value(kernel),
      this.masks([batch, features], this.config.dropout, ctx, 0),
      0,
      gates,
    )(x);
    // Steps one below the other in a matrix, as they are for the kernels' gradients: slices and concatenations then are
    // the same memory.
    const columns = gates * units;
    const rows = reshape(product, [time * batch, columns]);
    const all = bias ? add(rows, bias) : rows;
    return (at) => slice(all, [at * batch, 0], [batch, columns]);
  }

  /** What multiplies a state [batch, units] by the kernels of each of these ranges [from, to) of gates. */
  protected recurrences(
    x: Tensor,
    ctx: CallContext,
    ranges: readonly (readonly [number, number])[],
  ): ((h: Tensor) => Tensor)[] {
    const batch = x.shape[1] as number;
    const masks = this.masks([batch, this.units], this.config.recurrentDropout, ctx, this.gates);
    return ranges.map(([from, to]) => {
      const multiply = this.product(ctx.value(this.recurrentKernel as Variable), masks, from, to);
      return (h) => (isZero(h) ? zeros([batch, (to - from) * this.units]) : multiply(h));
    });
  }

  /** The columns of gates [from, to). */
  protected columns(x: Tensor, from: number, to = from + 1): Tensor {
    return slice(x, [0, from * this.units], [-1, (to - from) * this.units]);
  }

  private product(kernel: Tensor, masks: readonly Tensor[], from: number, to: number): (x: Tensor) => Tensor {
    if (masks.length <= 1) {
      const columns = this.columns(kernel, from, to);
      return (x) => matmul(masks[0] ? mul(x, masks[0]) : x, columns);
    }
    const gates = masks.slice(from, to).map((mask, index) => [mask, this.columns(kernel, from + index)] as const);
    return (x) => concat(gates.map(([mask, columns]) => matmul(mul(x, mask), columns)));
  }

  /** Scaled dropout masks: none without dropout, one for all gates, or with dropout of states one for each. */
  private masks(shape: Shape, rate: number | undefined, ctx: CallContext, use: number): Tensor[] {
    const { recurrentDropout, seed } = this.config;
    if (!ctx.noise || !rate) return [];
    return Array.from({ length: recurrentDropout ? this.gates : 1 }, (_, gate) =>
      rate === 1
        ? zeros(shape)
        : mul(
            randomBernoulli(shape, { seed: keyOf(ctx, seed), stream: ctx.stream(this, use + gate), p: 1 - rate }),
            1 / (1 - rate),
          ),
    );
  }
}

/** Whether a state is the zeros that sequences begin with: its product need not be computed. */
function isZero({ op, inputs }: Tensor): boolean {
  return op === broadcastToOp && constantValue(inputs[0] as Tensor) === 0;
}

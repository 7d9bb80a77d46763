// The base of recurrent layers, which run a cell over a sequence, and `rnn`, which takes any cell.
import { shapeError, stateError, valueError } from "../../errors.ts";
import { formatShape, sameShape } from "../../ir/shape.ts";
import { type OwnTable, withArguments } from "../../options.ts";
import { flip } from "../../tensor/ops/arranging.ts";
import { slice } from "../../tensor/ops/joining.ts";
import { reshape, transpose, zeros } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Variable } from "../../tensor/variable.ts";
import { type BatchShape, type CallContext, describeLayer, Layer, type LayerOptions, listOf } from "../layer.ts";
import { Cell, checkStates } from "./recurrent-cell.ts";
import { type CellRun, runCell } from "./run-cell.ts";

/** What every recurrent layer takes. */
export interface SequenceOptions extends LayerOptions {
  /** Whether to give the outputs of all steps, [batch, time, units], rather than the last. Default false. */
  returnSequences?: boolean;
  /** Whether to give the states after the last step as further outputs: use `applyAll`. Default false. */
  returnState?: boolean;
  /** Whether to read a sequence from its end; outputs are in the order in which they were computed. Default false. */
  goBackwards?: boolean;
  /**
   * Whether a batch goes on from the states in which the batch before ended: sample i there is sample i here. Default
   * false.
   */
  stateful?: boolean;
  /** Whether the output of a masked step is 0 rather than that of the step before. Default false. */
  zeroOutputForMask?: boolean;
  /**
   * Whether every step is compiled by itself, rather than all of them as one loop. Results are the same. Default: only
   * where there are at most 40 steps.
   */
  unroll?: boolean;
}

export const sequenceTable: OwnTable<SequenceOptions, LayerOptions> = {
  returnSequences: "boolean",
  returnState: "boolean",
  goBackwards: "boolean",
  stateful: "boolean",
  zeroOutputForMask: "boolean",
  unroll: "boolean",
};

/** A layer that runs cells over sequences; `rnn`, `simpleRnn`, `gru` and `lstm` make them. */
export class Recurrent<Options extends SequenceOptions = SequenceOptions> extends Layer<Options> {
  /** What is run at each step, one cell after the other. */
  readonly cells: readonly Cell[];
  /** The states between batches of a stateful layer, as far as there have been any. They are no weights. */
  states: readonly Variable[] | undefined;
  /** Whether outputs of `goBackwards` are in the order of time, as `bidirectional` needs them. */
  keepsTime = false;

  /**
   * @param make the cells, from the options that are not the sequence's, given how their names follow from the layer's:
   * variables are called "lstm/kernel".
   */
  constructor(
    kind: string,
    options: Options,
    table: OwnTable<Options, LayerOptions>,
    make: (options: Omit<Options, keyof SequenceOptions>, nameRule: () => string) => readonly Cell[],
  ) {
    super(kind, options, table);
    const { inputShape, inputDType, activityRegularizer, ...rest } = this.config;
    const own = Object.fromEntries(Object.entries(rest).filter(([key]) => !(key in sequenceTable)));
    this.cells = make(own as Omit<Options, keyof SequenceOptions>, () => this.name);
  }

  /** What the layer was made with. */
  get options(): SequenceOptions {
    return this.config;
  }

  protected override get takesList(): boolean {
    return true;
  }

  override get sublayers(): readonly Layer[] {
    return this.cells;
  }

  /** Of a layer of one built-in cell. @throws StateError before the layer is built. */
  get kernel(): Variable {
    return this.weight("kernel");
  }

  /** Of a layer of one built-in cell. @throws StateError before the layer is built. */
  get recurrentKernel(): Variable {
    return this.weight("recurrentKernel");
  }

  /** Of a layer of one built-in cell. @throws StateError before the layer is built. */
  get bias(): Variable {
    return this.weight("bias");
  }

  /** Sizes of all states, cell after cell. */
  get stateSizes(): readonly number[] {
    return this.cells.flatMap((cell) => cell.stateSizes);
  }

  /** Sets the states of a stateful layer to 0: for a batch that begins new sequences. */
  resetStates(): void {
    for (const state of this.states ?? []) state.assign(new Float32Array(state.shape.reduce((a, b) => a * b)));
  }

  /** A layer of the same options but those given, with fresh weights. */
  copy(changes: SequenceOptions = {}): Recurrent {
    const Same = this.constructor as new (options: SequenceOptions) => Recurrent;
    return new Same({
      ...this.config,
      trainable: this.trainable,
      ...withArguments(this.kind, changes, "returnSequences"),
    });
  }

  protected override makeCopy(_copies: Map<Layer, Layer>): Layer {
    return this.copy();
  }

  override build(inputShape: BatchShape | readonly BatchShape[]): void {
    const sequence = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as BatchShape;
    this.checkSequence(sequence);
    const [batch, , features] = sequence as [number | null, number | null, number | null];
    let shape: BatchShape = [batch, features];
    for (const cell of this.cells) {
      cell.ensureBuilt(shape);
      shape = [batch, cell.stateSizes[0] as number];
    }
  }

  override call(inputs: Tensor | readonly Tensor[], ctx: CallContext): Tensor | readonly Tensor[] {
    const [x, ...given] = listOf(inputs) as readonly [Tensor, ...Tensor[]];
    const mask = ctx.maskOf(x);
    this.check(x, given, mask);
    const { returnSequences, returnState, stateful } = this.options;
    const [batch, time] = x.shape as [number, number];
    // Where the batch is unknown only the shapes of the outputs are wanted: then nothing is unrolled.
    const isShapeOnly = Number.isNaN(batch);
    const kept = stateful && !isShapeOnly ? this.keptStates(batch) : undefined;
    const initial =
      given.length > 0
        ? given
        : (kept?.map((state) => ctx.value(state)) ?? this.stateSizes.map((size) => zeros([batch, size])));
    if (isShapeOnly) {
      this.cells[0]?.begin(transpose(x, [1, 0, 2]), ctx);
      const units = this.cells.at(-1)?.stateSizes[0] as number;
      const output = zeros(returnSequences ? [batch, time, units] : [batch, units]);
      // States after the steps are others than those before.
      return returnState ? [output, ...this.stateSizes.map((size) => zeros([batch, size]))] : output;
    }
    const { sequence, output, states } = this.run(x, initial, mask, ctx);
    kept?.forEach((state, index) => {
      ctx.update(state, states[index] as Tensor);
    });
    const result = returnSequences
      ? transpose(sequence(this.keepsTime && this.options.goBackwards === true), [1, 0, 2])
      : output;
    return returnState ? [result, ...states] : result;
  }

  /**
   * Runs the cells one after the other over the whole sequence: with the same mask for each, that is the same as step
   * by step.
   */
  private run(x: Tensor, initial: readonly Tensor[], mask: Tensor | undefined, ctx: CallContext): CellRun {
    const [batch, time] = x.shape as [number, number];
    const { goBackwards, zeroOutputForMask, unroll } = this.options;
    const placeOf = (index: number) => (goBackwards ? time - 1 - index : index);
    const counts = mask && transpose(mask);
    const countOf = (index: number) => counts && reshape(slice(counts, [placeOf(index), 0], [1, batch]), [batch, 1]);
    const states: Tensor[] = [];
    let run: CellRun | undefined;
    for (const cell of this.cells) {
      const options = {
        sequence: run ? run.sequence() : transpose(x, [1, 0, 2]),
        initial: initial.slice(states.length, states.length + cell.stateSizes.length),
        timeOf: run ? (index: number) => index : placeOf,
        countOf,
        zeroOutputForMask,
        unroll,
      };
      run = runCell(cell, options, ctx);
      states.push(...run.states);
    }
    return { ...(run as CellRun), states };
  }

  /** The variables of a stateful layer, made with the first batch. */
  private keptStates(batch: number): readonly Variable[] {
    const [first] = this.states ?? [];
    if (this.states && first?.shape[0] === batch) return this.states;
    // States that nothing has run with were made by a recording that failed.
    if (!first || (first.placement === undefined && first.initial === 0)) {
      this.states = this.stateSizes.map(
        (size, index) =>
          new Variable([batch, size], { initial: 0, name: () => `${this.name}/state_${index}`, trainable: false }),
      );
      return this.states;
    }
    throw stateError(this.label, {
      rule: "a stateful layer goes from batch to batch, which must be of one size",
      expected: `batches of ${first.shape[0]}`,
      received: batch,
      advice: "Choose batchSize so that it divides the number of samples, also where you predict and evaluate.",
    });
  }

  private checkSequence(shape: BatchShape): void {
    if (shape.length === 3 && shape[1] !== 0) return;
    throw shapeError(this.label, {
      rule: "the input is a batch of sequences",
      expected: "[batch, time ≥ 1, features]",
      received: formatShape(shape),
      ...(shape.length === 2 && {
        advice: "A recurrent layer before it needs returnSequences: true; numbers without features reshape([-1, 1]).",
      }),
    });
  }

  private check(x: Tensor, given: readonly Tensor[], mask: Tensor | undefined): void {
    this.checkSequence(x.shape);
    if (given.length > 0) checkStates(this, x, given);
    if (mask && !sameShape(mask.shape, x.shape.slice(0, 2))) {
      throw shapeError(this.label, {
        rule: "the mask says for each step whether it counts",
        expected: formatShape(x.shape.slice(0, 2)),
        received: formatShape(mask.shape),
        context: `input ${formatShape(x.shape)}`,
      });
    }
  }

  /** That of all outputs' steps, in their order; the last output and the states have none. */
  override computeMask(inputs: Tensor | readonly Tensor[], ctx: CallContext): readonly (Tensor | undefined)[] {
    const mask = ctx.maskOf(listOf(inputs)[0] as Tensor);
    if (!mask || !this.options.returnSequences) return [undefined];
    const { goBackwards } = this.options;
    if (!goBackwards || this.keepsTime) return [mask];
    return [flip(mask, 1)];
  }
}

/** Options of {@link rnn}. */
export type RnnOptions = SequenceOptions;

type RnnConfig = RnnOptions & {
  /** What is done at each step; several lie on top of each other. */
  cell: Cell | readonly Cell[];
};

/** See {@link rnn}. */
export class Rnn extends Recurrent<RnnConfig> {
  constructor(options: RnnConfig) {
    const cells = listOf(options.cell);
    const stranger = cells.find((cell) => !(cell instanceof Cell));
    if (cells.length === 0 || stranger) {
      throw valueError("rnn", {
        rule: "cell must be a Cell or a list of Cells",
        expected: "a cell such as lstmCell(32), or a list of them",
        received: stranger ?? "an empty list",
      });
    }
    super("rnn", options, { cell: "object or list!", ...sequenceTable }, () => cells);
  }

  override copy(changes: SequenceOptions = {}): Recurrent {
    return this.copyWith(new Map(), withArguments("rnn", changes, "returnSequences"));
  }

  protected override makeCopy(copies: Map<Layer, Layer>): Layer {
    return this.copyWith(copies);
  }

  private copyWith(copies: Map<Layer, Layer>, changes: SequenceOptions = {}): Recurrent {
    return super.copy({ cell: this.cells.map((cell) => cell.clone(copies)), ...changes } as SequenceOptions);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), cell: this.cells.map(describeLayer) };
  }
}

/**
 * Runs a cell over sequences, or several, each over the outputs of the one before. Shapes: x [batch, time, features],
 * or [x, ...initial states [batch, size]], to [batch, units]; with returnSequences [batch, time, units]; with
 * returnState also the last states. Steps that are masked leave states and output as they were. The time must be known
 * when a program is recorded: each length has its own.
 * @param cell `simpleRnnCell`, `gruCell`, `lstmCell`, a cell of your own ({@link Cell}), or a list.
 * @throws ValueError on what is no cell; ShapeError on inputs, states and masks that do not fit; StateError where a
 * stateful layer gets batches of two sizes.
 * @see Keras 3 `layers.RNN`, `layers.StackedRNNCells`.
 */
export function rnn(cell: Cell | readonly Cell[], options: RnnOptions = {}): Rnn {
  return new Rnn(withArguments("rnn", options, "returnSequences", { cell }));
}

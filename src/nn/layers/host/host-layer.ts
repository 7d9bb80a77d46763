// Layers that work on the host: they take strings, or numbers that tensors cannot hold, and give numbers.

import { type HostArray, toHostArrayAsync } from "../../../data/array.ts";
import { valueError } from "../../../errors.ts";
import type { DType } from "../../../ir/dtype.ts";
import type { Shape } from "../../../ir/shape.ts";
import { checkOptions, type OwnTable } from "../../../options.ts";
import { cast } from "../../../tensor/ops/elementwise.ts";
import { zeros } from "../../../tensor/ops/shaping.ts";
import { Tensor } from "../../../tensor/tensor.ts";
import type { StageMaker } from "../../host-stage.ts";
import { type CallContext, Layer, type LayerOptions } from "../../layer.ts";
import { SymbolicTensor } from "../../symbolic.ts";
import { adaptBatches } from "../adapt-batches.ts";
import {
  type AdaptColumns,
  type AdaptOptions,
  type ColumnInput,
  type HostColumn,
  isTextColumn,
  toNumberColumn,
  toTextColumn,
} from "./columns.ts";
import { isKnownOnHost, makeHostStage, recordedTooEarly } from "./stage.ts";

/**
 * A layer that works on the host. It is the first layer of a model, behind inputs or other such layers; the model
 * applies it to whole columns before it makes batches. Alone, `layer.apply(column)` gives an array.
 */
export abstract class HostLayer<Options extends LayerOptions = LayerOptions> extends Layer<Options> {
  override readonly makeStage: StageMaker = makeHostStage;

  constructor(kind: string, given: Options, table: OwnTable<Options, LayerOptions>) {
    super(kind, given, table);
    // As the first layer of a chain it takes one value for each sample, if nothing else is said.
    Object.assign(this, { inputShape: this.config.inputShape ?? [] });
  }

  /** The numbers of a column. */
  abstract encode(column: HostColumn): HostArray;

  /** The shape of what {@link encode} gives; unknown extents are NaN. */
  protected abstract encodedShape(shape: Shape): Shape;

  /** Of what {@link encode} gives. */
  protected abstract get encodedDType(): DType;

  /** Only to find the shape: the layer is no part of what is recorded. */
  override call(x: Tensor, _ctx: CallContext): Tensor {
    return cast(zeros(this.encodedShape(x.shape)), this.encodedDType);
  }

  /**
   * Uses the layer in a model, or applies it to a column: strings (`["a", "b"]`, rows of them, a column of a table) or
   * numbers.
   * @throws StateError without a vocabulary where it needs one; ValueError on another kind of value, or where it is to
   * follow a layer that does not work on the host.
   */
  override apply(input: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor;
  override apply(inputs: Tensor | readonly Tensor[], ctx: CallContext): Tensor;
  override apply(column: ColumnInput): HostArray;
  override apply(given: unknown): SymbolicTensor & Tensor & HostArray {
    const isSymbolic = given instanceof SymbolicTensor;
    return (isSymbolic ? this.applyAll(given)[0] : this.encode(this.read(given))) as SymbolicTensor &
      Tensor &
      HostArray;
  }

  override applyAll(inputs: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor[];
  override applyAll(inputs: Tensor | readonly Tensor[], ctx: CallContext): readonly Tensor[];
  override applyAll(inputs: unknown, ctx?: CallContext): SymbolicTensor[] & readonly Tensor[] {
    if (ctx) throw recordedTooEarly(this.label, undefined);
    if (inputs instanceof SymbolicTensor && !isKnownOnHost(inputs)) throw recordedTooEarly(this.label, inputs);
    return super.applyAll(inputs as SymbolicTensor) as SymbolicTensor[] & readonly Tensor[];
  }

  /** The columns that `adapt` is given, batch by batch. */
  protected async *columnsOf(data: AdaptColumns, options: AdaptOptions): AsyncGenerator<HostColumn> {
    const { steps } = checkOptions(`adapt of ${this.label}`, options, { steps: "number" });
    for await (const given of adaptBatches(data, steps))
      yield given instanceof Tensor ? await toHostArrayAsync(this.label, given) : this.read(given);
  }

  /** A column as the layer takes it. */
  private read(given: unknown): HostColumn {
    return this.inputDType === "string" ? toTextColumn(this.label, given) : toNumberColumn(this.label, given);
  }
}

/** A column that must hold strings. @throws ValueError on numbers. */
export function stringsOf(label: string, column: HostColumn) {
  if (isTextColumn(column)) return column;
  throw valueError(label, { rule: "takes strings", expected: "strings", received: "numbers" });
}

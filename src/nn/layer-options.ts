import { checkOptions, type OptionTable, type OwnTable, withArguments } from "../options.ts";
import type { Constraint, ConstraintName } from "../regularize/constraints.ts";
import type { Penalty, PenaltyName } from "../regularize/penalties.ts";
import type { VariableRole } from "../tensor/variable.ts";
import type { InitializerName } from "./initializer-names.ts";
import type { Initializer } from "./initializers.ts";
import type { InputDType, SampleShape } from "./input.ts";

/** Options that every layer takes. */
export interface LayerOptions {
  /**
   * Unique within a model. Default: the layer's kind with a number, `dense`, `dense_1`, …, given by the first model
   * that the layer is part of.
   */
  name?: string;
  /**
   * Whether the optimizer updates this layer's variables. Default true. Frozen batch normalization runs in inference
   * mode.
   */
  trainable?: boolean;
  /**
   * Shape of one sample, without the batch axis; null for an extent that varies. Needed by the first layer of a
   * sequential model; a later layer may repeat what comes in.
   */
  inputShape?: SampleShape;
  /** Element type of the input; default float32. Embeddings take int32. */
  inputDType?: InputDType;
  /** A penalty on the layer's output, or its name; divided by the batch size. */
  activityRegularizer?: PenaltyName | Penalty;
}

/** What {@link Layer.addVariable} takes. */
export interface WeightOptions {
  /** Default "glorotUniform". */
  initializer?: InitializerName | Initializer;
  /** Whether optimizers update the variable. Default true; false for moving averages and counts. */
  trainable?: boolean;
  /** A penalty that is added to the loss while the layer is trainable. */
  regularizer?: PenaltyName | Penalty | undefined;
  /** Applied after each optimizer step. */
  constraint?: ConstraintName | Constraint | undefined;
  /**
   * "kernel" for the one matrix that `spectralNormalization` divides; "embeddings" for a table of vectors, which `muon`
   * leaves to AdamW. Default: neither.
   */
  role?: VariableRole | undefined;
}

export const weightTable: OptionTable<WeightOptions> = {
  initializer: "string or function",
  trainable: "boolean",
  regularizer: "string or function",
  constraint: "string or function",
  role: "string",
};

export const layerTable: OptionTable<LayerOptions> = {
  name: "string",
  trainable: "boolean",
  inputShape: "list",
  inputDType: "string",
  activityRegularizer: "string or function",
};

/**
 * The options of a layer, checked, with positional arguments among them. For factories of layers that are functions;
 * classes give their table to the constructor of {@link Layer}.
 */
export function layerOptions<O extends LayerOptions, P extends object = object>(
  kind: string,
  options: O | undefined,
  table: OwnTable<NoInfer<O & P>, LayerOptions>,
  positional?: P,
): O & P {
  const example = Object.keys(table).find((key) => !(key in (positional ?? {}))) ?? "name";
  return checkOptions(kind, withArguments(kind, options, example, positional), {
    ...table,
    ...layerTable,
  } as unknown as OptionTable<O & P>);
}

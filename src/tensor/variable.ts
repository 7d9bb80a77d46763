import { literal, shapeError, valueError } from "../errors.ts";
import { Printed } from "../format.ts";
import type { DType, NumericArray, TypedArray } from "../ir/dtype.ts";
import { checkShape, formatShape, type Shape, sameShape, sizeOf } from "../ir/shape.ts";
import { checkOptions } from "../options.ts";
import { isNumericView } from "./nested.ts";
import { defineOp, lowerLeaf, record } from "./op.ts";
import { Tensor } from "./tensor.ts";

/** Where a variable's values are while a backend holds them. */
export interface Placement {
  /** Whether the backend was disposed of, and the values with it. */
  readonly isLost: boolean;
  read(): Promise<TypedArray>;
  write(data: NumericArray): void;
  free(): void;
}

export interface VariableOptions {
  /**
   * The first values: an array in row-major order, a number for all elements, or a tensor that is evaluated on first
   * need.
   */
  initial: NumericArray | number | Tensor;
  /** Kind of its numbers. Default "float32". */
  dtype?: DType;
  /** Default a number. A function where the name follows from one that may still change. */
  name?: string | (() => string);
  /** Default true. Optimizers update trainable variables only. */
  trainable?: boolean;
  /** What the variable is to its layer, where others must know. Default: nothing of that kind. */
  role?: VariableRole | undefined;
}

/**
 * The kernel of a layer that has one kernel, which spectral normalization divides; or a table of vectors, which muon
 * leaves to AdamW.
 */
export type VariableRole = "kernel" | "embeddings";

/**
 * State that outlives a run: weights, moving averages, optimizer slots. Its values are in the array or graph that it
 * was made with until a backend takes them; from then on they stay there, updated in place.
 */
export class Variable extends Printed {
  private static count = 0;
  readonly id: number = Variable.count++;
  readonly dtype: DType;
  readonly role: VariableRole | undefined;
  trainable: boolean;
  /** First values, as long as no backend holds the variable. */
  initial: NumericArray | number | Tensor;
  /** Set by the backend that holds the values. */
  placement: Placement | undefined;
  private node: Tensor | undefined;
  private readonly naming: string | (() => string);

  constructor(
    readonly shape: Shape,
    given: VariableOptions,
  ) {
    super();
    const options = checkOptions("variable", given, {
      initial: "number or list or object!",
      dtype: "string",
      name: "string or function",
      trainable: "boolean",
      role: "string",
    });
    this.naming = options.name ?? `variable_${this.id}`;
    checkShape(`variable "${this.name}"`, shape);
    this.dtype = options.dtype ?? "float32";
    this.trainable = options.trainable ?? true;
    this.role = options.role;
    this.initial = options.initial;
    if (typeof options.initial !== "number") this.checkData(options.initial, true);
  }

  get name(): string {
    return typeof this.naming === "string" ? this.naming : this.naming();
  }

  /** The value at the start of a run, as a tensor; updates of the same run do not change it. */
  get tensor(): Tensor {
    this.node ??= record(variableOp, [], { variable: this });
    return this.node;
  }

  /** Replaces the values. One that was on a backend that was disposed of starts again with them. */
  assign(data: NumericArray): void {
    this.checkData(data);
    if (this.placement?.isLost) this.placement = undefined;
    if (this.placement) this.placement.write(data);
    else this.initial = data.slice();
  }

  /** A copy of the values. */
  async read(): Promise<TypedArray> {
    // Again where another call took it off its backend meanwhile.
    while (!this.placement || this.placement.isLost) {
      const { placeVariables } = await import("../backends/evaluate.ts");
      await placeVariables([this]);
    }
    return this.placement.read();
  }

  /** What it is; its values may be on a backend: {@link read} gives them. */
  override toJSON(): object {
    const { name, dtype, shape, trainable } = this;
    return { kind: "Variable", name, dtype, shape, trainable };
  }

  private checkData(data: unknown, mayBeRecorded = false): void {
    const name = `variable "${this.name}"`;
    if (mayBeRecorded && data instanceof Tensor) {
      const { shape } = data;
      if (sameShape(shape, this.shape)) return;
      throw shapeError(name, {
        rule: "the initial tensor must have the variable's shape",
        expected: formatShape(this.shape),
        received: formatShape(shape),
      });
    }
    const length = Array.isArray(data) || isNumericView(data) ? data.length : undefined;
    if (length === sizeOf(this.shape)) return;
    throw valueError(name, {
      rule: "as many values as the variable has elements",
      expected: `${sizeOf(this.shape)} values`,
      received: length ?? literal(data),
      context: `shape ${formatShape(this.shape)}`,
    });
  }
}

/** Reading a variable. Its gradient is what optimizers ask for; it has no inputs. */
export const variableOp = /* @__PURE__ */ defineOp<{ variable: Variable }>({
  name: "variable",
  infer: (_, { variable }) => ({ shape: variable.shape, dtype: variable.dtype }),
  vjp: () => [],
  lower: lowerLeaf,
});

// The types that an optimizer's maths is written against.
import type { Shape } from "../ir/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";

/** Numbers that change from step to step, as rank-0 tensors: the host writes them before each run. */
export type Scalars<Extra extends string = string> = Readonly<
  Record<"learningRate" | "step", Tensor> & Record<Extra, Tensor>
>;

/** First value of one slot. */
export interface SlotSpec {
  readonly shape: Shape;
  readonly initial: number | Tensor;
}

/** Values by slot name. */
export type Slots<Name extends string> = Readonly<Record<Name, Tensor>>;

/** One variable's update: its new value, and the new values of its slots. `g` is clipped, `w` decayed already. */
export type Rule<Slot extends string> = (
  w: Tensor,
  g: Tensor,
  slots: Slots<Slot>,
  variable: Variable,
) => { readonly w: Tensor; readonly slots: Partial<Slots<Slot>> };

/**
 * An optimizer's maths: all that differs between methods.
 * Its type parameters are the names of slots, of extra scalars and of shared state.
 */
export interface Method<Slot extends string = string, Extra extends string = string, Shared extends string = string> {
  /** What the method remembers for each variable. */
  slots(variable: Variable): Readonly<Partial<Record<Slot, SlotSpec>>>;
  /** Rank-0 state that all variables share: name and first value. */
  readonly shared?: Readonly<Record<Shared, number>>;
  /** Scalars besides learningRate and step, as functions of the 0-based step. */
  readonly scalars?: Readonly<Partial<Record<Extra, (step: number) => number>>>;
  /** Records what depends on scalars only, once per program, and gives the rule for one variable. */
  begin(scalars: Scalars<Extra>, shared: Slots<Shared>): { readonly rule: Rule<Slot>; readonly shared?: Slots<Shared> };
  /**
   * Whether a step may leave out the rows of a table whose gradient is zero: "exact" where that changes nothing, "lazy"
   * where it is asked for. Default: it may not.
   */
  readonly byRows?: "exact" | "lazy" | false;
  /** Decoupled weight decay of one variable, where it differs between variables. */
  weightDecayOf?(variable: Variable): number | undefined;
}

/** Slots in the variable's shape that all begin with one value, by default 0. */
export function slotsLike<Name extends string>(
  variable: Variable,
  names: readonly Name[],
  initial: number | Tensor = 0,
): Record<Name, SlotSpec> {
  return Object.fromEntries(names.map((name) => [name, { shape: variable.shape, initial }])) as Record<Name, SlotSpec>;
}

import type { Expression } from "./expression.ts";
import type { Instruction } from "./instruction.ts";
import type { MapInstruction } from "./instructions/map.ts";
import type { Shape } from "./shape.ts";
import type { View } from "./view.ts";
import type { Windows } from "./windows.ts";

/** What every instruction has. */
export interface AnyInstruction {
  readonly kind: string;
}

/**
 * What a field of an instruction is for, by the type of its value:
 *
 * - views: "reads" or "writes"; "reads either" where float32 and int32 are allowed and the backend has to know which;
 * - numbers, flags, extents, windows, the expression of a map;
 * - "epilogue": a map that runs on the results;
 * - "body": the instructions that a loop repeats;
 * - an enumeration: the number of each of its values in records.
 */
export type Role<T> = [T] extends [View | readonly View[]]
  ? "reads" | "reads either" | "writes"
  : [T] extends [number]
    ? "number"
    : [T] extends [boolean]
      ? "flag"
      : [T] extends [string]
        ? { readonly [Choice in T]: number }
        : [T] extends [Windows]
          ? "windows"
          : [T] extends [Expression]
            ? "expression"
            : [T] extends [MapInstruction]
              ? "epilogue"
              : [T] extends [Shape]
                ? "shape"
                : [T] extends [readonly Instruction[]]
                  ? "body"
                  : never;

/** The role of every field: one that is forgotten, or has a role that does not fit its type, does not compile. */
export type Fields<I extends AnyInstruction> = {
  readonly [F in Exclude<keyof I, "kind">]-?: Role<NonNullable<I[F]>>;
};

/**
 * What is known of one kind of instruction. Operands, renaming, text, estimates of cost and, in the WASM backend, the
 * words of a record are derived from it.
 */
export interface Descriptor<I extends AnyInstruction> {
  /** In the order in which text and records have them. */
  readonly fields: Fields<I>;
  /** Arithmetic operations on elements, roughly, without those of an epilogue. */
  readonly flops: (instruction: I) => number;
  /** Bytes that it moves, where it does not touch all of its operands. */
  readonly bytes: ((instruction: I) => number) | undefined;
  /** Names of the fields that hold views, by role. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** Declares a kind of instruction. */
export function describe<I extends AnyInstruction>(
  fields: Fields<I>,
  flops: (instruction: I) => number,
  bytes?: (instruction: I) => number,
): Descriptor<I> {
  const named = (...roles: string[]) =>
    Object.entries(fields).flatMap(([name, role]) => (roles.includes(role as string) ? [name] : []));
  return { fields, flops, bytes, reads: named("reads", "reads either"), writes: named("writes") };
}

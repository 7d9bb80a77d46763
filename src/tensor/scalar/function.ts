// What an elementwise function consists of, and how one is declared.
import { type Algebra, arity, type Primitive } from "../../ir/primitive.ts";

/**
 * An elementwise function with its derivative, written once against {@link Algebra}: recorded graphs, compiled kernels,
 * the reference backend and the property tests all derive from it.
 *
 * To add one: a row in a file of this folder, and its export with docs in `ops/` or `nn/activations.ts`.
 */
export interface ScalarFunction {
  readonly name: string;
  readonly arity: 1 | 2 | 3;
  /** f(x…) as an expression over the primitives. */
  readonly value: <T>(m: Algebra<T>, x: Arguments<T>, p: Params) => T;
  /** ∂f/∂x_i per argument, which may use y = f(x…); null where the derivative is 0 almost everywhere. */
  readonly derivative: <T>(m: Algebra<T>, x: Arguments<T>, y: T, p: Params) => readonly (T | null)[];
  /** Points at which the derivative jumps: kept out of the samples of property tests. */
  readonly kinks?: (p: Params) => readonly number[];
  /** Where property tests sample each argument; default −3 to 3. */
  readonly domain?: readonly (readonly [number, number])[];
  /** Parameters at which property tests run; default none. */
  readonly samples?: readonly Params[];
}

/** As many values as the function has arguments. The type says three so that each has type T. */
export type Arguments<T> = readonly [T, T, T];

/** Numbers that are fixed when the function is recorded, such as elu's alpha. */
export type Params = Readonly<Record<string, number>>;

type Row = Omit<ScalarFunction, "name" | "arity">;

/** A function of one argument. */
export const unary = (name: string, row: Row): ScalarFunction => ({ name, arity: 1, ...row });

/** A function of two arguments. */
export const binary = (name: string, row: Row): ScalarFunction => ({ name, arity: 2, ...row });

/** A function that is one primitive: the one of the same name, or `of`. */
export const primitive = (name: string, { of, ...row }: Omit<Row, "value"> & { of?: Primitive }): ScalarFunction => {
  const op = of ?? (name as Primitive);
  return {
    name,
    arity: arity[op],
    value: (m, x) => (m[op] as (...x: unknown[]) => never)(...x),
    ...row,
  };
};

/** A parameter that the function was recorded with. */
export const param = (p: Params, name: string): number => p[name] as number;

/** The derivative of a step function. */
export const none = <T>(): readonly (T | null)[] => [null, null];

/** One kink, at 0. */
export const atZero = (): readonly number[] => [0];

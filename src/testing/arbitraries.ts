// Random shapes and tensors for fast-check.
import { type Shape, sizeOf } from "../ir/shape.ts";
import { checkOptions, type OptionTable } from "../options.ts";

/**
 * The part of fast-check that is needed here, by structure. aretejs depends on no package, not even for types:
 * the caller passes fast-check, and gets arbitraries of that instance, with its global settings.
 */
export interface FastCheck {
  /** `fc.integer`. */
  integer(constraints: { min: number; max: number }): Arbitrary<number>;
  /** `fc.boolean`. */
  boolean(): Arbitrary<boolean>;
  /** `fc.array`. */
  array<T>(element: Arbitrary<T>, constraints: { minLength: number; maxLength: number }): Arbitrary<T[]>;
}

// biome-ignore lint/suspicious/noExplicitAny: types of fast-check's inner workings, which only pass through here
type Internal = any;

/** An arbitrary of fast-check by structure, so that `fc.property` takes what is made here. */
export interface Arbitrary<T> {
  /** Applies a function to every value. */
  map<U>(f: (value: T) => U): Arbitrary<U>;
  /** Makes an arbitrary from every value. */
  chain<U>(f: (value: T) => Arbitrary<U>): Arbitrary<U>;
  /** Keeps the values of a narrower type. */
  filter<U extends T>(holds: (value: T) => value is U): Arbitrary<U>;
  /** Keeps the values for which the condition holds. */
  filter(holds: (value: T) => boolean): Arbitrary<T>;
  /** For fast-check's runner. */
  generate(random: Internal, bias: number | undefined): Internal;
  /** For fast-check's runner. */
  canShrinkWithoutContext(value: unknown): value is T;
  /** For fast-check's runner. */
  shrink(value: T, context: unknown): Internal;
}

/** Limits of {@link TensorArbitraries.shape}. */
export interface ShapeLimits {
  /** Default 0. */
  minRank?: number;
  /** Default 4. */
  maxRank?: number;
  /** Default 1; 0 for empty tensors too. */
  minExtent?: number;
  /** Default 5. */
  maxExtent?: number;
}

/** Limits of {@link TensorArbitraries.values}. */
export interface ValueLimits {
  /** Default −3. */
  min?: number;
  /** Default 3. */
  max?: number;
  /** Points to keep `clearance` away from, such as the kinks of an activation. */
  avoid?: readonly number[];
  /** Default 0.01. */
  clearance?: number;
}

const shapeTable: OptionTable<ShapeLimits> = {
  minRank: "number",
  maxRank: "number",
  minExtent: "number",
  maxExtent: "number",
};
const valueTable: OptionTable<ValueLimits> = { min: "number", max: "number", avoid: "list", clearance: "number" };

/** Row-major values with their shape: what `tensor(values, shape)` takes. */
export interface TensorValues {
  readonly values: Float32Array;
  readonly shape: Shape;
}

/** Arbitraries for tensors, made by {@link arbitraries}. */
export interface TensorArbitraries {
  /** Shapes, shrinking towards few and small axes. */
  shape(limits?: ShapeLimits): Arbitrary<Shape>;
  /** Two shapes that broadcast with one another, and the shape of the result. */
  broadcastable(limits?: ShapeLimits): Arbitrary<{ a: Shape; b: Shape; result: Shape }>;
  /** As many values as a shape holds: multiples of 1/1024, so that they are the same in float32 and float64. */
  values(shape: Shape, limits?: ValueLimits): Arbitrary<Float32Array>;
  /** A shape and its values. */
  tensor(limits?: ShapeLimits & ValueLimits): Arbitrary<TensorValues>;
}

/**
 * Arbitraries of shapes and values, made by the fast-check that is given.
 * @example
 * const arb = arbitraries(fc);
 * fc.assert(fc.property(arb.tensor({ minRank: 1 }), ({ values, shape }) => …));
 */
export function arbitraries(fc: FastCheck): TensorArbitraries {
  const shape = (limits: ShapeLimits = {}): Arbitrary<Shape> => {
    const {
      minRank = 0,
      maxRank = 4,
      minExtent = 1,
      maxExtent = 5,
    } = checkOptions("arbitraries.shape", limits, shapeTable);
    return fc.array(fc.integer({ min: minExtent, max: maxExtent }), { minLength: minRank, maxLength: maxRank });
  };

  /**
   * Each operand has some axes of the result replaced by 1 and some leading ones left off, but no axis is lost by both.
   */
  const broadcastable = (limits: ShapeLimits = {}): Arbitrary<{ a: Shape; b: Shape; result: Shape }> =>
    shape(limits).chain((result) =>
      fc
        .array(fc.integer({ min: 0, max: 2 }), { minLength: result.length, maxLength: result.length })
        .chain((repeats) =>
          fc.integer({ min: 0, max: result.length }).chain((dropped) =>
            fc.boolean().map((swap) => {
              const short = result.map((extent, axis) => (repeats[axis] === 1 ? 1 : extent)).slice(dropped);
              const long = result.map((extent, axis) => (repeats[axis] === 2 && axis >= dropped ? 1 : extent));
              return swap ? { a: long, b: short, result } : { a: short, b: long, result };
            }),
          ),
        ),
    );

  const values = (of: Shape, limits: ValueLimits = {}): Arbitrary<Float32Array> => {
    const { min = -3, max = 3, avoid = [], clearance = 0.01 } = checkOptions("arbitraries.values", limits, valueTable);
    const size = sizeOf(of);
    const value = fc
      .integer({ min: Math.ceil(min * 1024), max: Math.floor(max * 1024) })
      .map((steps) => steps / 1024)
      .filter((x) => avoid.every((point) => Math.abs(x - point) >= clearance));
    return fc.array(value, { minLength: size, maxLength: size }).map((list) => Float32Array.from(list));
  };

  const tensor = (limits: ShapeLimits & ValueLimits = {}): Arbitrary<TensorValues> => {
    const checked = checkOptions("arbitraries.tensor", limits, { ...shapeTable, ...valueTable });
    const { minRank, maxRank, minExtent, maxExtent, ...ofValues } = checked;
    const ofShape = Object.fromEntries(
      Object.entries({ minRank, maxRank, minExtent, maxExtent }).filter(([, limit]) => limit !== undefined),
    ) as ShapeLimits;
    return shape(ofShape).chain((of) => values(of, ofValues).map((list) => ({ values: list, shape: of })));
  };

  return { shape, broadcastable, values, tensor };
}

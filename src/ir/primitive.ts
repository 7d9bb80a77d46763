/**
 * The scalar primitives: what a backend must be able to do to one element. Every elementwise function is an expression
 * over these (`scalar.ts`), so a backend that has this table has all of them.
 *
 * Truth values are numbers: comparisons give 1 or 0, `select` takes its second operand where the first is not 0.
 */
export const arity = {
  neg: 1,
  abs: 1,
  sign: 1,
  floor: 1,
  ceil: 1,
  round: 1,
  sqrt: 1,
  exp: 1,
  expm1: 1,
  log: 1,
  log1p: 1,
  tanh: 1,
  erf: 1,
  erfinv: 1,
  sin: 1,
  cos: 1,
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  min: 2,
  max: 2,
  pow: 2,
  equal: 2,
  notEqual: 2,
  less: 2,
  lessEqual: 2,
  select: 3,
} as const;

export type Primitive = keyof typeof arity;
type Arity<P extends Primitive> = (typeof arity)[P];

/**
 * The primitives over any carrier: numbers (reference values), tensors (recording), nodes of an expression (compiling).
 * One function written against this interface serves all three.
 */
export type Algebra<T> = { constant(value: number): T } & {
  [P in Primitive]: Arity<P> extends 1 ? (x: T) => T : Arity<P> extends 2 ? (x: T, y: T) => T : (x: T, y: T, z: T) => T;
};

/**
 * The primitives on JavaScript numbers for which every engine gives equal bits: IEEE arithmetic, which is exact or
 * rounded once.
 */
export const exact = {
  constant: (value) => value,
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  sqrt: Math.sqrt,
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  min: Math.min,
  max: Math.max,
  equal: (x, y) => (x === y ? 1 : 0),
  notEqual: (x, y) => (x !== y ? 1 : 0),
  less: (x, y) => (x < y ? 1 : 0),
  lessEqual: (x, y) => (x <= y ? 1 : 0),
  select: (condition, x, y) => (condition !== 0 ? x : y),
} satisfies Partial<Algebra<number>>;

/** Whether a primitive is one of {@link exact}. Of the others, standards do not say how they are rounded. */
export const isExact = (primitive: string): primitive is Exclude<keyof typeof exact, "constant"> =>
  Object.hasOwn(exact, primitive);

/** Ties go to the even neighbour, as in NumPy and in WASM's `nearest`. */
function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/**
 * The scalar primitives of src/ir/primitive.ts on four lanes, one function for each, under the same names. Fused
 * kernels and the interpreter are generated from these, which is why they agree to the bit. Comparisons give masks
 * here; where a number is wanted the generator asks for `truth`. Those that few programs need are in special.ts, in the
 * rest module.
 */
import { choose, copySign, splat } from "./simd";
export { exp, expAll, expm1, log, log1p, tanh } from "./simd";

@inline export function neg(x: v128): v128 { return f32x4.neg(x); }
@inline export function abs(x: v128): v128 { return f32x4.abs(x); }
/** −1, 1, or x itself where x is ±0 or NaN. */
@inline export function sign(x: v128): v128 { return choose(
  f32x4.gt(f32x4.abs(x), splat(0)), copySign(splat(1), x), x,
); }
@inline export function floor(x: v128): v128 { return f32x4.floor(x); }
@inline export function ceil(x: v128): v128 { return f32x4.ceil(x); }
/** Half to even. */
@inline export function round(x: v128): v128 { return f32x4.nearest(x); }
@inline export function sqrt(x: v128): v128 { return f32x4.sqrt(x); }
@inline export function add(x: v128, y: v128): v128 { return f32x4.add(x, y); }
@inline export function sub(x: v128, y: v128): v128 { return f32x4.sub(x, y); }
@inline export function mul(x: v128, y: v128): v128 { return f32x4.mul(x, y); }
@inline export function div(x: v128, y: v128): v128 { return f32x4.div(x, y); }
@inline export function min(x: v128, y: v128): v128 { return f32x4.min(x, y); }
@inline export function max(x: v128, y: v128): v128 { return f32x4.max(x, y); }
@inline export function equal(x: v128, y: v128): v128 { return f32x4.eq(x, y); }
@inline export function notEqual(x: v128, y: v128): v128 { return f32x4.ne(x, y); }
@inline export function less(x: v128, y: v128): v128 { return f32x4.lt(x, y); }
@inline export function lessEqual(x: v128, y: v128): v128 { return f32x4.le(x, y); }
/** x where the mask is set, else y. */
@inline export function select(mask: v128, x: v128, y: v128): v128 { return choose(mask, x, y); }

/** 1 where the mask is set, else 0. */
@inline export function truth(mask: v128): v128 { return v128.and(mask, splat(1)); }
/** The mask of a number: set where it is not 0. */
@inline export function mask(x: v128): v128 { return f32x4.ne(x, splat(0)); }

// How the operands of products are read, and matrices with strides. Those of convolutions are in patches.ts.
import type { Shape } from "../../../ir/shape.ts";
import type { View } from "../../../ir/view.ts";
import { type Operand, offsetCode, type Shader, type Space } from "../shader.ts";

/**
 * One operand of a product as WGSL. An element has two numbers: the outer one (a row of the left operand, a column of
 * the right one) and the depth, over which the product adds up. What follows from one number alone is declared once
 * for it, under a name, and used for many elements.
 */
export interface Source {
  /** Along which of its two numbers neighbours lie side by side in memory. */
  readonly along: "outer" | "depth";
  /** Whether four neighbours, from a multiple of 4 on, are one load. */
  readonly isWide: boolean;
  /** Statements that stand before all others; `z` is the number of the batch. */
  readonly start: string;
  /** Statements that declare what `value` needs of an outer number. */
  outer(name: string, index: string): string;
  /** Statements that declare what `value` needs of a depth. */
  depth(name: string, index: string): string;
  /** An expression of type f32: the element of two declared names. */
  value(outer: string, depth: string): string;
  /** Statements that declare the four neighbours from an element on as vec4<f32>; only where it is wide. */
  four(name: string, outer: string, depth: string): string;
}

/** Extents, and how far an element of memory is from the one before along each. */
export interface Axes {
  readonly shape: Shape;
  readonly strides: readonly number[];
}

/** Spaces where a shader's stores allow loads of four words: see `Shader.wide`. */
export type WideSpaces = ReadonlySet<Space>;

/** Whether all distances but the innermost, which is 1, are multiples of 4, and the innermost extent is one. */
function isQuartered(inner: Axes, others: readonly Axes[]): boolean {
  const last = inner.shape.length - 1;
  const steps = [inner, ...others].flatMap(({ shape, strides }, index) =>
    shape.flatMap((extent, axis) => ((index === 0 && axis === last) || extent === 1 ? [] : [strides[axis] as number])),
  );
  return inner.strides[last] === 1 && (inner.shape[last] as number) % 4 === 0 && steps.every((step) => step % 4 === 0);
}

/** Whether the operand is read by four words; then its space is wide. */
export function widen(shader: Shader, { place }: Operand, allowed: WideSpaces, isPossible: boolean): boolean {
  if (!isPossible || place.base % 4 !== 0 || !allowed.has(place.space)) return false;
  shader.wide.add(place.space);
  return true;
}

/** A matrix, or several: `view` says where it begins. */
export function strided(
  shader: Shader,
  view: View,
  { batch, outer, depth }: Readonly<Record<"batch" | "outer" | "depth", Axes>>,
  name: string,
  allowed: WideSpaces,
): Source {
  const operand = shader.operand(view);
  const isAlongDepth = depth.strides.at(-1) === 1 && (depth.shape.at(-1) as number) > 1;
  const [inner, other] = isAlongDepth ? [depth, outer] : [outer, depth];
  const isWide = widen(shader, operand, allowed, isQuartered(inner, [other, batch]));
  return {
    along: isAlongDepth ? "depth" : "outer",
    isWide,
    start: `let ${name}Batch = ${offsetCode("z", batch.shape, batch.strides)};`,
    outer: (local, index) => `let ${local} = ${name}Batch + ${offsetCode(index, outer.shape, outer.strides)};`,
    depth: (local, index) => `let ${local} = ${offsetCode(index, depth.shape, depth.strides)};`,
    value: (row, k) => operand.get(`${row} + ${k}`),
    four: (local, row, k) => `let ${local}At = ${row} + ${k}; let ${local} = ${operand.getFour(`${local}At`, true)};`,
  };
}

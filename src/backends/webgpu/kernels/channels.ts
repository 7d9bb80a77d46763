// Threads that work on one channel, or on four that lie side by side.
import type { View } from "../../../ir/view.ts";
import type { Context, Operand, Shader } from "../shader.ts";
import { wideSpaces } from "./products-store.ts";

/** WGSL of values of one channel or four. Indices are names. */
export interface Lanes {
  readonly count: 1 | 4;
  readonly zero: string;
  /** The types of as many u32 and bool. */
  readonly integers: string;
  readonly bools: string;
  /** Functions that the rest uses. */
  readonly declarations: string;
  isNan(value: string): string;
  get(operand: Operand, index: string): string;
  set(operand: Operand, index: string, value: string): string;
  /** Each channel from a place of its own: `places` are those of the first channel. */
  pick(operand: Operand, places: string): string;
}

const one: Lanes = {
  count: 1,
  zero: "0.0",
  integers: "u32",
  bools: "bool",
  declarations: "",
  isNan: (value) => `isNan(${value})`,
  get: (operand, index) => operand.get(index),
  set: (operand, index, value) => operand.set(index, value),
  pick: (operand, places) => operand.get(places),
};

const four: Lanes = {
  count: 4,
  zero: "vec4<f32>()",
  integers: "vec4<u32>",
  bools: "vec4<bool>",
  declarations: `fn areNan(x: vec4<f32>) -> vec4<bool> {
return (bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u);
}
`,
  isNan: (value) => `areNan(${value})`,
  get: (operand, index) => operand.getFour(index, operand.place.base % 4 === 0),
  set: (operand, index, value) => operand.setFour(index, value),
  pick: (operand, places) =>
    `vec4<f32>(${["x", "y", "z", "w"].map((c, k) => operand.get(`${places}.${c} + ${k}u`)).join(", ")})`,
};

/**
 * Four channels a thread where their number is a multiple of 4; with whole vectors in memory where the places of
 * operands are such, too. Called before the text of any operand is asked for.
 */
export function lanesFor(
  channels: number,
  reads: readonly View[],
  writes: readonly View[],
  shader: Shader,
  ctx: Context,
): Lanes {
  if (channels % 4 !== 0) return one;
  const allowed = wideSpaces(writes, true, ctx);
  for (const view of [...reads, ...writes]) {
    const { space, base } = ctx.placeOf(view);
    if (base % 4 === 0 && allowed.has(space)) shader.wide.add(space);
  }
  return four;
}

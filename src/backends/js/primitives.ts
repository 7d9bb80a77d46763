// The scalar primitives on the js backend: loops over tiles of arrays.
import { arity, type Primitive } from "../../ir/primitive.ts";
import { numeric } from "../../tensor/numeric.ts";
import type { FloatArray } from "./memory.ts";

/** Applies one primitive to the first `count` elements of its operands; unary and binary primitives ignore the rest. */
export type TileLoop = (count: number, out: FloatArray, x: FloatArray, y: FloatArray, z: FloatArray) => void;

/**
 * The primitives over tiles. Storing to the tile rounds every result to the backend's precision.
 *
 * All follow from `numeric`; the few that training spends its time in also stand as loops of their own, because a loop
 * that takes its function as an argument pays a call per element.
 */
export const tileLoops: Readonly<Record<Primitive, TileLoop>> = {
  ...(Object.fromEntries(
    (Object.keys(arity) as Primitive[]).map((primitive) => [primitive, loopOver(primitive)]),
  ) as Record<Primitive, TileLoop>),
  neg: (count, out, x) => {
    for (let i = 0; i < count; i++) out[i] = -(x[i] as number);
  },
  sqrt: (count, out, x) => {
    for (let i = 0; i < count; i++) out[i] = Math.sqrt(x[i] as number);
  },
  add: (count, out, x, y) => {
    for (let i = 0; i < count; i++) out[i] = (x[i] as number) + (y[i] as number);
  },
  sub: (count, out, x, y) => {
    for (let i = 0; i < count; i++) out[i] = (x[i] as number) - (y[i] as number);
  },
  mul: (count, out, x, y) => {
    for (let i = 0; i < count; i++) out[i] = (x[i] as number) * (y[i] as number);
  },
  div: (count, out, x, y) => {
    for (let i = 0; i < count; i++) out[i] = (x[i] as number) / (y[i] as number);
  },
  min: (count, out, x, y) => {
    for (let i = 0; i < count; i++) out[i] = Math.min(x[i] as number, y[i] as number);
  },
  max: (count, out, x, y) => {
    for (let i = 0; i < count; i++) out[i] = Math.max(x[i] as number, y[i] as number);
  },
  less: (count, out, x, y) => {
    for (let i = 0; i < count; i++) out[i] = (x[i] as number) < (y[i] as number) ? 1 : 0;
  },
  select: (count, out, x, y, z) => {
    for (let i = 0; i < count; i++) out[i] = (x[i] !== 0 ? y[i] : z[i]) as number;
  },
};

/** The loop of any primitive, from its definition on numbers. */
function loopOver(primitive: Primitive): TileLoop {
  switch (arity[primitive]) {
    case 1: {
      const f = numeric[primitive] as (x: number) => number;
      return (count, out, x) => {
        for (let i = 0; i < count; i++) out[i] = f(x[i] as number);
      };
    }
    case 2: {
      const f = numeric[primitive] as (x: number, y: number) => number;
      return (count, out, x, y) => {
        for (let i = 0; i < count; i++) out[i] = f(x[i] as number, y[i] as number);
      };
    }
    case 3: {
      const f = numeric[primitive] as (x: number, y: number, z: number) => number;
      return (count, out, x, y, z) => {
        for (let i = 0; i < count; i++) out[i] = f(x[i] as number, y[i] as number, z[i] as number);
      };
    }
  }
}

// What works on each element by itself on the GPU: maps, copies, fills. How much a thread does, and in which words.
import { type Shape, sizeOf } from "../../../ir/shape.ts";
import type { View } from "../../../ir/view.ts";
import {
  type Context,
  type Dispatch,
  groupSize,
  mergedThreads,
  mostRounds,
  offsetCode,
  perItem,
  Shader,
  spaces,
} from "../shader.ts";

/**
 * Elements that a thread does where there are many: fewer threads, fewer and wider reads. Where there are few, they may
 * be merged.
 */
const unrolled = 4;

/** The part of an elementwise dispatch that is the caller's. */
export interface Elementwise {
  /** Read and written at the same index of `shape`; strides as of `shape`. */
  readonly reads: readonly View[];
  readonly writes: readonly View[];
  /** Statements for an element, and the word (u32) of each result. @param words the names of the words read. */
  compute(words: readonly string[]): { code: string; results: readonly string[] };
  /** Whether more than memory decides the time; then threads do one element each. */
  readonly isCostly: boolean;
}

/** Runs statements on every element of a shape: all is read before anything is written, so it may be done in place. */
export function perElement(ctx: Context, shape: Shape, work: Elementwise): readonly Dispatch[] {
  const count = sizeOf(shape);
  const isMany = !work.isCostly && count > mostRounds * mergedThreads && count >= unrolled * ctx.device.lanes;
  if (!isMany) return singly(ctx, shape, count, work);
  return isQuadruple(ctx, shape, work) ? byQuads(ctx, shape, count, work) : byFours(ctx, shape, count, work);
}

/** A thread for each element. */
function singly(ctx: Context, shape: Shape, count: number, work: Elementwise): readonly Dispatch[] {
  const shader = new Shader(ctx);
  return perItem(ctx, shader, count, elementCode(shader, shape, work, "i"), "", work.isCostly ? 8 : 1);
}

/** Statements for element `flat`. */
function elementCode(shader: Shader, shape: Shape, { reads, writes, compute }: Elementwise, flat: string): string {
  const loads = reads.map(
    (view, k) => `let v${k} = ${shader.operand(view).raw(offsetCode(flat, shape, view.strides))};`,
  );
  const { code, results } = compute(reads.map((_, k) => `v${k}`));
  const stores = writes.map(
    (view, k) => `${shader.operand(view).raw(offsetCode(flat, shape, view.strides))} = ${results[k]};`,
  );
  return [...loads, code, ...stores].join("\n");
}

/** A thread does four elements that are as far apart as a workgroup has threads: neighbours read neighbours. */
function byFours(ctx: Context, shape: Shape, count: number, work: Elementwise): readonly Dispatch[] {
  const shader = new Shader(ctx);
  const body = elementCode(shader, shape, work, "e");
  const blocks = Array.from(
    { length: unrolled },
    (_, k) => `{ let e = first + ${k * groupSize}u; if (e < ${count}u) {\n${body}\n} }`,
  );
  return perItem(
    ctx,
    shader,
    Math.ceil(count / unrolled / groupSize) * groupSize,
    `let first = (i / ${groupSize}u) * ${unrolled * groupSize}u + l;\n${blocks.join("\n")}`,
  );
}

/** A thread does four elements that lie one after the other, which it reads and writes as one vector. */
function byQuads(
  ctx: Context,
  shape: Shape,
  count: number,
  { reads, writes, compute }: Elementwise,
): readonly Dispatch[] {
  const shader = new Shader(ctx, spaces);
  const loads = reads.map((view, k) => {
    const at = offsetCode("e", shape, view.strides);
    const operand = shader.operand(view);
    return `let q${k} = ${isRepeated(view) ? `vec4<u32>(${operand.raw(at)})` : operand.quad(at)};`;
  });
  const results = writes.map((_, k) => `var r${k}: vec4<u32>;`);
  const blocks = Array.from({ length: unrolled }, (_, lane) => {
    const element = compute(reads.map((_, k) => `q${k}[${lane}]`));
    return `{\n${element.code}\n${writes.map((_, k) => `r${k}[${lane}] = ${element.results[k]};`).join("\n")}\n}`;
  });
  const stores = writes.map((view, k) => `${shader.operand(view).quad(offsetCode("e", shape, view.strides))} = r${k};`);
  const body = ["let e = i * 4u;", ...loads, ...results, ...blocks, ...stores].join("\n");
  return perItem(ctx, shader, count / unrolled, body);
}

/** Whether a view has the same element all along its last axis. */
const isRepeated = ({ strides }: View): boolean => strides.length === 0 || strides.at(-1) === 0;

/** Whether each four elements, from multiples of 4 on, are one vector in memory or (when read) one element. */
function isQuadruple(ctx: Context, shape: Shape, { reads, writes }: Elementwise): boolean {
  if ((shape.at(-1) ?? 0) % unrolled !== 0) return false;
  const isVector = (view: View) =>
    view.strides.at(-1) === 1 &&
    ctx.placeOf(view).base % unrolled === 0 &&
    view.strides.slice(0, -1).every((stride) => stride % unrolled === 0);
  return writes.every(isVector) && reads.every((view) => isRepeated(view) || isVector(view));
}

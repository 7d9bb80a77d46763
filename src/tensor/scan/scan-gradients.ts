// The gradients of a scan: a scan backwards over the gradients of its body.
import { append } from "../../ir/append.ts";
import { pullBack } from "../autodiff.ts";
import { abs, add, less, where } from "../ops/elementwise.ts";
import { pad, slice } from "../ops/joining.ts";
import { constantValue, placeholder } from "../ops/leaf.ts";
import { matmul, matmulOp } from "../ops/matmul.ts";
import { type ReduceAttrs, reduceOp, sum } from "../ops/reduction.ts";
import { broadcastToOp, reshape, transpose, transposeOp, zeros } from "../ops/shaping.ts";
import type { Tensor } from "../tensor.ts";
import { type Carry, recordScan, type SourceSlice } from "./record-scan.ts";
import {
  bodyOf,
  lastOf,
  type MovingSlice,
  type OutputGradient,
  type ScanBody,
  type ScanOutputAttrs,
  scanOutputOp,
  sourceOf,
  stackedOf,
} from "./scan-op.ts";

/**
 * The gradients by the inputs of a scan. Its steps are run through in the opposite order by a second scan, which reads
 * of the first what the gradients of the body are made of. Products and sums that are gradients of what all steps share
 * are taken out of the loop: as one of the rows of all steps; other such gradients are added up as carried values.
 */
export function scanGradients(
  outputs: readonly OutputGradient[],
  inputs: readonly Tensor[],
  scan: Tensor,
): readonly (Tensor | null)[] {
  const body = bodyOf(scan);
  const { steps, leaves, next, slices, firstId, moving } = body;
  const carried = leaves.slice(0, next.length);
  const seeds = new Map<Tensor, SourceSlice>();
  const seeded: (readonly [tensor: Tensor, seed: Tensor])[] = [];
  const lasts: Tensor[][] = carried.map(() => []);
  for (const [output, gradient] of outputs) {
    const attrs = output.attrs as ScanOutputAttrs;
    if (attrs.take === "last") lasts[attrs.index]?.push(gradient);
    else {
      const tensor = sourceOf(body, attrs);
      const seed = placeholder("gradient", tensor.shape);
      seeds.set(seed, rowsOf(gradient, !attrs.reversed));
      seeded.push([tensor, seed]);
    }
  }

  const { found, incoming } = gradientsOfBody(
    body,
    seeded,
    lasts.map(({ length }) => length > 0),
  );
  const partsOf = (leaf: Tensor): readonly Tensor[] => found.get(leaf) ?? [];
  const carries = carried.flatMap((leaf, index): Carry[] => {
    const parts = partsOf(leaf);
    const own = incoming[index] as readonly Tensor[];
    return own.map((stand, at) => ({
      leaf: stand,
      initial: (at === 0 && total(lasts[index] as Tensor[])) || zeros(leaf.shape),
      next: vanishing(at < own.length - 1 ? parts.slice(at, at + 1) : parts.slice(at), steps) ?? zeros(leaf.shape),
    }));
  });
  /** What is to be had of the scan backwards, once it is recorded. */
  type Later = (back: Tensor) => Tensor;
  const results: Tensor[] = [];
  const later = leaves.map((leaf, index): Later | undefined => {
    if (leaf.dtype !== "float32") return undefined;
    if (index < next.length) {
      const first = incoming.slice(0, index).flat().length;
      const own = incoming[index] as readonly Tensor[];
      return own.length > 0 ? (back) => total(own.map((_, at) => lastOf(back, first + at))) as Tensor : undefined;
    }
    const parts = partsOf(leaf);
    if (parts.length === 0) return undefined;
    if (index < moving) {
      const gradient = total(parts) as Tensor;
      results.push(gradient);
      const part = slices[index - next.length] as MovingSlice;
      return (back) => joined(gradient, back, part, inputs[index] as Tensor, steps);
    }
    const rest: Tensor[] = [];
    const apart = parts.flatMap((part): Later[] => {
      const joint = jointOf(part);
      if (joint) results.push(...joint.rows.filter((tensor) => !isOfBody(tensor, body)));
      else rest.push(part);
      return joint ? [(back) => joint.over(rowsFor(joint.rows, inputs, scan, back))] : [];
    });
    if (rest.length > 0) {
      const stand = placeholder("sum of gradients", leaf.shape);
      const place = carries.push({ leaf: stand, initial: zeros(leaf.shape), next: total([stand, ...rest]) as Tensor });
      apart.push((back) => lastOf(back, place - 1));
    }
    return (back) => total(apart.map((make) => make(back))) as Tensor;
  });

  /** Tensors of the body are read in rows, its moving inputs where they are. */
  const sliceFor = (tensor: Tensor): SourceSlice | undefined => {
    const leaf = leaves.indexOf(tensor);
    if (leaf >= next.length && leaf < moving) {
      const { begin, advance, size } = slices[leaf - next.length] as MovingSlice;
      return {
        source: inputs[leaf] as Tensor,
        begin: begin.map((at, axis) => at + (steps - 1) * (advance[axis] as number)),
        advance: advance.map((by) => -by),
        size,
      };
    }
    return isOfBody(tensor, body) ? rowsOf(stackedOf(scan, tensor), true) : undefined;
  };
  const plan = { steps, carries, slices: seeds, results, firstId, sliceFor, gradients: scanGradients };
  const back = recordScan(plan);
  return later.map((make) => make?.(back) ?? null);
}

/**
 * The gradients by the leaves of a body, each as the parts that it is the sum of, and the leaves that stand for the
 * gradients by what is carried. There is one of these for each part, so that parts are added up in the order in which
 * they would be if every step was recorded by itself.
 * @param hasLast whether there is a gradient by each carried value after the last step.
 */
function gradientsOfBody(
  { leaves, next }: ScanBody,
  seeded: readonly (readonly [tensor: Tensor, seed: Tensor])[],
  hasLast: readonly boolean[],
): { found: ReadonlyMap<Tensor, readonly Tensor[]>; incoming: readonly (readonly Tensor[])[] } {
  const targets = new Set(leaves.filter(({ dtype }) => dtype === "float32"));
  const isFloat = ({ dtype }: Tensor) => dtype === "float32";
  const from = (incoming: readonly (readonly Tensor[])[]) => {
    const found = new Map<Tensor, Tensor[]>();
    for (const [tensor, seed] of seeded) append(found, tensor, seed);
    next.forEach((tensor, index) => {
      for (const part of incoming[index] as readonly Tensor[]) append(found, tensor, part);
    });
    pullBack(found, targets, new Set(leaves));
    return { found, incoming };
  };
  const stands = (counts: readonly number[]) =>
    next.map(({ shape }, index) =>
      Array.from({ length: counts[index] as number }, () => placeholder("gradient of what is carried", shape)),
    );
  const once = next.map((tensor) => Number(isFloat(tensor)));
  const first = from(stands(once));
  const counts = once.map((one, index) =>
    one === 0 ? 0 : (first.found.get(leaves[index] as Tensor)?.length ?? Number(hasLast[index])),
  );
  return counts.every((count, index) => count === once[index]) ? first : from(stands(counts));
}

/** Whether a tensor of the body changes from step to step. */
function isOfBody(tensor: Tensor, { members, leaves, moving }: ScanBody): boolean {
  const leaf = leaves.indexOf(tensor);
  return (
    (leaf >= 0 && leaf < moving) ||
    members.has(tensor) ||
    (tensor.op === scanOutputOp && members.has(tensor.inputs[0] as Tensor))
  );
}

/** The rows of a stack [steps, …shape] one after the other, from the first or from the last on. */
function rowsOf(stack: Tensor, fromLast: boolean): SourceSlice {
  const [steps = 0, ...shape] = stack.shape;
  return {
    source: stack,
    begin: [fromLast ? steps - 1 : 0, ...shape.map(() => 0)],
    advance: [fromLast ? -1 : 1, ...shape.map(() => 0)],
    size: [1, ...shape],
  };
}

/** The sum of tensors; undefined of none. */
function total(parts: readonly Tensor[]): Tensor | undefined {
  return parts.length > 0 ? parts.reduce((a, b) => add(a, b)) : undefined;
}

/** Fewer steps than this do not make gradients so small that they slow the processor down. */
const manySteps = 64;
/** 2^−100. What is smaller adds nothing to a gradient in float32. */
const vanished = 2 ** -100;

/**
 * The gradient by a carried value, which becomes smaller from step to step: at last 0. Multiplied by numbers between ½
 * and 1, as gates do, the smallest float32 would stay what it is for ever, and processors take a hundred times as long
 * for such numbers.
 */
function vanishing(parts: readonly Tensor[], steps: number): Tensor | undefined {
  const gradient = total(parts);
  if (!gradient || steps < manySteps || gradient.op === matmulOp) return gradient;
  // By a shape of its own it is computed apart: the gradients of the gates keep their kernels.
  const apart = reshape(gradient, [1, ...gradient.shape]);
  return reshape(where(less(abs(apart), vanished), 0, apart), gradient.shape);
}

/** A part of a gradient that is one product or sum over the rows of all steps. */
interface Joint {
  readonly rows: readonly Tensor[];
  over(rows: readonly Tensor[]): Tensor;
}

/** Σ aₜᵀ·bₜ = [a₁; a₂; …]ᵀ·[b₁; b₂; …], and sums over the first axis. */
function jointOf({ op, attrs, inputs: [a, b] }: Tensor): Joint | undefined {
  if (op === matmulOp && a?.op === transposeOp && a.rank === 2 && b?.rank === 2) {
    return {
      rows: [a.inputs[0] as Tensor, b],
      over: ([left, right]) => matmul(left as Tensor, right as Tensor, { transposeA: true }),
    };
  }
  const { operation, axes } = attrs as Partial<ReduceAttrs>;
  if (op === reduceOp && operation === "sum" && `${axes}` === "0")
    return { rows: [a as Tensor], over: ([rows]) => sum(rows as Tensor, 0) };
  return undefined;
}

/** The rows of tensors of both bodies at all steps, in the order of the steps forwards. */
function rowsFor(tensors: readonly Tensor[], inputs: readonly Tensor[], scan: Tensor, back: Tensor): Tensor[] {
  const body = bodyOf(scan);
  // Of values that are 0 at first, the first step gives nothing.
  const skipped = Number(tensors.some((tensor) => isZero(inputs[body.leaves.indexOf(tensor)], tensor, body)));
  return tensors.map((tensor) => {
    const stack = isOfBody(tensor, body) ? stackedOf(scan, tensor) : stackedOf(back, tensor, true);
    const [steps = 0, rows = 0, ...rest] = stack.shape;
    const used = slice(
      stack,
      stack.shape.map((_, axis) => (axis === 0 ? skipped : 0)),
      [steps - skipped, rows, ...rest],
    );
    return reshape(used, [(steps - skipped) * rows, ...rest]);
  });
}

/** Whether a tensor is a value carried that is 0 at first. */
function isZero(initial: Tensor | undefined, tensor: Tensor, { leaves, next }: ScanBody): boolean {
  return (
    leaves.indexOf(tensor) < next.length &&
    initial?.op === broadcastToOp &&
    constantValue(initial.inputs[0] as Tensor) === 0
  );
}

/** The gradient by the input of a moving slice: the gradients of all steps side by side, zeros around them. */
function joined(
  gradient: Tensor,
  back: Tensor,
  { begin, advance, size }: MovingSlice,
  { shape }: Tensor,
  steps: number,
): Tensor {
  const axis = advance.findIndex((by) => by !== 0);
  const by = advance[axis] as number;
  const stack = reshape(stackedOf(back, gradient, by > 0), [steps, ...size]);
  const order = size.map((_, at) => at + 1);
  order.splice(axis, 0, 0);
  const whole = size.map((extent, at) => (at === axis ? extent * steps : extent));
  const low = begin.map((at, i) => (i === axis && by < 0 ? at + (steps - 1) * by : at));
  return pad(
    reshape(transpose(stack, order), whole),
    shape.map((extent, i) => [low[i] as number, extent - (low[i] as number) - (whole[i] as number)] as const),
  );
}

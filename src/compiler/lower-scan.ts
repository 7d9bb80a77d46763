// Scans as loops: the body is compiled as a graph of its own, and what it reads and writes moves from step to step.
import { planArena } from "../ir/arena.ts";
import { descriptorOf, type Instruction, viewsOf, withViews } from "../ir/instruction.ts";
import type { Limits } from "../ir/limits.ts";
import type { BufferSpec } from "../ir/program.ts";
import { type Shape, sizeOf, stridesOf } from "../ir/shape.ts";
import { type BufferId, isContiguous, reshapeView, type View } from "../ir/view.ts";
import { placeholder } from "../tensor/ops/leaf.ts";
import { bodyOf, type MovingSlice, type ScanBody, type ScanOutputAttrs, sourceOf } from "../tensor/scan/scan-op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elideConcats } from "./elide-concat.ts";
import { attachEpilogues } from "./epilogue.ts";
import { partition, type Unit } from "./fuse.ts";
import { reachable, withInputs } from "./graph.ts";
import { findSums } from "./joinable-sums.ts";
import { Lowering } from "./lower.ts";
import { rejoin } from "./rejoin.ts";
import { schedule, type Update } from "./schedule.ts";
import { simplify } from "./simplify.ts";

/** Has a lowering emit a loop for each scan among its units. */
export function prepareScans(lowering: Lowering, units: readonly Unit[], fuse: boolean, limits: Limits): void {
  lowering.lowerScan = (scan, inputs) => {
    const outputs = units.filter((unit): unit is Tensor => "op" in unit && unit.inputs[0] === scan);
    const views = lowerScan(lowering, scan, inputs, outputs, fuse, limits);
    outputs.forEach((output, index) => {
      lowering.views.set(output, views[index] as View);
    });
    return views[0] as View;
  };
}

/** The body of a loop while it is lowered: instructions of its own, on the buffers of what is around it. */
class BodyLowering extends Lowering {
  /** How many loops are around. */
  readonly depth: number;

  constructor(outer: Lowering, units: readonly Unit[], wanted: ReadonlySet<Tensor>) {
    super(units, wanted);
    this.buffers = outer.buffers;
    this.variables = outer.variables;
    this.inputs = outer.inputs;
    this.leaves = outer.leaves;
    this.depth = depthOf(outer) + 1;
  }
}

const depthOf = (lowering: Lowering): number => (lowering instanceof BodyLowering ? lowering.depth : 0);

/**
 * Emits the loop of a scan.
 *
 * What is wanted of all steps lies in a stack, a row for each step, which the step writes in place. A carried value has
 * one place that every step overwrites; where its values of all steps are wanted, it has a stack of one row more, and
 * step t reads row t and writes row t + 1. Temporaries of the body share one buffer, the same at every step.
 *
 * @param inputs views of the scan's inputs.
 * @param outputs those outputs of the scan that the program needs.
 * @returns a view for each output.
 */
function lowerScan(
  outer: Lowering,
  scan: Tensor,
  inputs: readonly View[],
  outputs: readonly Tensor[],
  fuse: boolean,
  limits: Limits,
): View[] {
  const body = bodyOf(scan);
  const wanted = outputs.map(({ attrs }) => attrs as ScanOutputAttrs);
  const live = liveCarries(body, wanted);
  const { roots, leaves } = bodyGraph(body, [
    ...live.map((carry) => body.next[carry] as Tensor),
    ...wanted.map((attrs) => sourceOf(body, attrs)),
  ]);
  const rootOf = new Map(wanted.map((attrs, index) => [attrs, roots[live.length + index] as Tensor]));
  const space = new LoopSpace(outer, body.steps);
  const units = partition(roots, fuse, limits);
  const inner = new BodyLowering(outer, units, new Set(roots));
  prepareScans(inner, units, fuse, limits);

  /** What is to be written where at every step. */
  const puts: (readonly [root: Tensor, target: View])[] = [];
  /** The stacks of tensors, by tensor and direction. */
  const stacks = new Map<string, View>();
  const places = live.map((carry, index) => {
    const [leaf, root] = [leaves[carry], roots[index]] as [Tensor, Tensor];
    const stacked = wanted.find(
      (attrs) => attrs.take === "stacked" && [leaf, root].includes(rootOf.get(attrs) as Tensor),
    );
    const place = space.carry(leaf, inputs[carry] as View, stacked);
    inner.views.set(leaf, place.before);
    if (place.stack) {
      puts.push([root, place.stack.after]);
      stacks.set(keyOf(leaf, place.stack.reversed), place.stack.allBefore);
      stacks.set(keyOf(root, place.stack.reversed), place.stack.allAfter);
    }
    return { ...place, root };
  });
  const results = wanted.map((attrs, index): View => {
    if (attrs.take === "last") return (places[live.indexOf(attrs.index)] as CarryPlace).last;
    const root = rootOf.get(attrs) as Tensor;
    const key = keyOf(root, attrs.reversed);
    const known = stacks.get(key);
    if (known) return known;
    const { shape, dtype } = outputs[index] as Tensor;
    const stack = outer.allocate(shape, dtype);
    stacks.set(key, stack);
    puts.push([root, space.row(stack, root.shape, attrs.reversed)]);
    return stack;
  });
  leaves.forEach((leaf, index) => {
    if (index < body.next.length) return;
    const slice = body.slices[index - body.next.length];
    const view = inputs[index] as View;
    inner.views.set(leaf, slice ? space.slice(view, slice, leaf.shape) : view);
  });
  const firstLocal = outer.buffers.length;
  for (const unit of units) inner.add(unit);

  // Results go where they belong: their writers write there, or a copy does.
  const moved = new Map<BufferId, View>();
  const isWholeTemporary = (view: View) => {
    const spec = outer.buffers[view.buffer] as BufferSpec;
    return (
      view.buffer >= firstLocal &&
      spec.kind === "temporary" &&
      view.offset === 0 &&
      isContiguous(view) &&
      sizeOf(view.shape) === spec.size
    );
  };
  for (const [root, target] of puts) {
    const view = inner.view(root);
    if (isWholeTemporary(view) && !moved.has(view.buffer)) moved.set(view.buffer, target);
    else if (sizeOf(view.shape) > 0) inner.emit({ kind: "copy", input: view, output: target });
  }
  const updates = places.flatMap(({ stack, before, root }): Update[] => {
    if (stack) return [];
    const view = inner.view(root);
    return [{ variable: before.buffer, value: isWholeTemporary(view) ? view : inner.copied(view) }];
  });

  const outside = new Set<BufferId>(Array.from({ length: firstLocal }, (_, buffer) => buffer));
  const pinned = new Set([...outside, ...roots.map((root) => inner.view(root).buffer)]);
  const attached = fuse ? attachEpilogues(inner.instructions, limits) : inner.instructions;
  const fused = fuse ? elideConcats(attached, outer.buffers, pinned) : attached;
  const inPlace = (view: View): View => {
    const target = moved.get(view.buffer);
    if (!target) return view;
    const advances = (target.advances as readonly number[]).map((by, loop) => by + (view.advances?.[loop] ?? 0));
    // Views in loops of the body move within the row of the step.
    const inner = view.advances?.slice(advances.length) ?? [];
    return { ...view, buffer: target.buffer, offset: view.offset + target.offset, advances: [...advances, ...inner] };
  };
  const { instructions, renamed } = schedule(
    fused.map((instruction) => withViews(instruction, inPlace)),
    outer.buffers,
    updates.map(({ variable, value }) => ({ variable, value: inPlace(value) })),
    outside,
    limits,
  );
  // Copies that `schedule` adds have views like those that they read; a value in one place does not move.
  const fixed = new Set(updates.map(({ variable }) => variable));
  const settled = instructions.map((instruction) =>
    withViews(instruction, (view) => (fixed.has(view.buffer) ? space.fixed(view) : view)),
  );
  const gone = new Set([...moved.keys(), ...renamed.keys()]);
  space.emit(packed(settled, outer, firstLocal, gone, limits.inPlace));
  return results;
}

const keyOf = ({ id }: Tensor, reversed: boolean) => `${id} ${reversed}`;

/** The carried values on which outputs depend. */
function liveCarries({ leaves, next, results }: ScanBody, wanted: readonly ScanOutputAttrs[]): number[] {
  const live = new Set<number>();
  const carried = new Map(next.map((_, index) => [leaves[index] as Tensor, index]));
  const ends = new Set(leaves);
  const seen = new Set<Tensor>();
  const stack = wanted.flatMap(({ take, index }) => (take === "stacked" ? [results[index] as Tensor] : []));
  const add = (carry: number) => {
    if (!live.has(carry)) stack.push(next[carry] as Tensor);
    live.add(carry);
  };
  for (const { take, index } of wanted) if (take === "last") add(index);
  for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    const carry = carried.get(tensor);
    if (carry !== undefined) add(carry);
    if (!ends.has(tensor)) stack.push(...tensor.inputs);
  }
  return [...live].sort((a, b) => a - b);
}

/** The simplified graph of a body for these of its tensors, with placeholders in the places of its leaves. */
function bodyGraph(
  { leaves }: ScanBody,
  wanted: readonly Tensor[],
): { readonly roots: readonly Tensor[]; readonly leaves: readonly Tensor[] } {
  const stands = leaves.map(({ shape, dtype }, index) => placeholder(`${index}`, shape, dtype));
  const copies = new Map(leaves.map((leaf, index) => [leaf, stands[index] as Tensor]));
  const found = new Set<Tensor>();
  const stack = [...wanted];
  for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
    if (copies.has(tensor) || found.has(tensor)) continue;
    found.add(tensor);
    stack.push(...tensor.inputs);
  }
  const current = (tensor: Tensor) => copies.get(tensor) as Tensor;
  for (const tensor of [...found].sort((a, b) => a.id - b.id))
    copies.set(tensor, withInputs(tensor, tensor.inputs.map(current)));
  const given = wanted.map(current);
  const nodes = reachable(given);
  const sums = findSums(nodes, given);
  const joined = sums.size > 0 ? rejoin(given, nodes, sums) : given;
  return { roots: simplify(joined, joined === given ? nodes : reachable(joined)), leaves: stands };
}

/** Where a carried value lies. */
interface CarryPlace {
  /** Before the step. */
  readonly before: View;
  /** After the last step. */
  readonly last: View;
  /** Where its values of all steps are kept; else each step writes over the value before. */
  readonly stack?: {
    /** The row after the step. */
    readonly after: View;
    /** The rows before and after all steps. */
    readonly allBefore: View;
    readonly allAfter: View;
    readonly reversed: boolean;
  };
}

/** Memory around a loop, and the loop itself. */
class LoopSpace {
  private readonly depth: number;

  constructor(
    private readonly outer: Lowering,
    private readonly steps: number,
  ) {
    this.depth = depthOf(outer);
  }

  /** The view that moves by so many elements from step to step. */
  private moving(view: View, by: number): View {
    const advances = [...(view.advances ?? [])];
    while (advances.length < this.depth) advances.push(0);
    return { ...view, advances: [...advances, by] };
  }

  /** The view without what it moves by in this loop. */
  fixed(view: View): View {
    const { advances } = view;
    return advances ? { ...view, advances: advances.map((by, loop) => (loop === this.depth ? 0 : by)) } : view;
  }

  /** A row of a stack, [rows, …]. */
  private rowAt(stack: View, shape: Shape, row: number): View {
    return { ...stack, offset: stack.offset + row * sizeOf(shape), shape, strides: stridesOf(shape) };
  }

  /** The row of each step in a stack of as many rows. */
  row(stack: View, shape: Shape, reversed: boolean): View {
    const size = sizeOf(shape);
    return this.moving(this.rowAt(stack, shape, reversed ? this.steps - 1 : 0), reversed ? -size : size);
  }

  /**
   * The place of a carried value, with its first value.
   * @param stacked an output that wants its values of all steps.
   */
  carry({ shape, dtype }: Tensor, initial: View, stacked: ScanOutputAttrs | undefined): CarryPlace {
    const { outer, steps } = this;
    const set = (output: View) => {
      if (sizeOf(shape) > 0) outer.emit({ kind: "copy", input: initial, output });
    };
    if (stacked?.take !== "stacked") {
      const before = outer.allocate(shape, dtype);
      set(before);
      return { before, last: before };
    }
    const { reversed } = stacked;
    const all = outer.allocate([steps + 1, ...shape], dtype);
    const row = (at: number) => this.rowAt(all, shape, at);
    const rows = (first: number) => ({
      ...row(first),
      shape: [steps, ...shape],
      strides: stridesOf([steps, ...shape]),
    });
    const size = sizeOf(shape);
    set(row(reversed ? steps : 0));
    const [before, after] = reversed
      ? [this.moving(row(steps), -size), this.moving(row(steps - 1), -size)]
      : [this.moving(row(0), size), this.moving(row(1), size)];
    const [allBefore, allAfter] = reversed ? [rows(1), rows(0)] : [rows(0), rows(1)];
    return { before, last: row(reversed ? 0 : steps), stack: { after, allBefore, allAfter, reversed } };
  }

  /** The part of an input that a step reads. */
  slice(view: View, { begin, advance, size }: MovingSlice, shape: Shape): View {
    const over = (source: View) => {
      const elements = (counts: readonly number[]) =>
        counts.reduce((sum, count, axis) => sum + count * (source.strides[axis] as number), 0);
      const first = { ...source, offset: source.offset + elements(begin), shape: size };
      return reshapeView(this.moving(first, elements(advance)), shape);
    };
    // A box of a contiguous tensor has any shape that differs from its own by axes of extent 1.
    return over(view) ?? (over(this.outer.contiguous(view)) as View);
  }

  emit(body: readonly Instruction[]): void {
    const { steps, depth, outer } = this;
    const used = (how: "reads" | "writes") => body.flatMap((instruction) => viewsOf(instruction)[how]).map(overAll);
    const overAll = (view: View): View => {
      const by = view.advances?.[depth];
      if (by === undefined) return view;
      const { advances = [], ...rest } = view;
      const all = { ...rest, shape: [steps, ...view.shape], strides: [by, ...view.strides] };
      return depth > 0 ? { ...all, advances: advances.slice(0, depth) } : all;
    };
    const work = steps * body.reduce((sum, instruction) => sum + descriptorOf(instruction).flops(instruction), 0);
    outer.emit({ kind: "loop", steps, body, work, reads: used("reads"), writes: used("writes") });
  }
}

/**
 * The instructions with all float32 temporaries of their own in one buffer, where those that are not in use at the same
 * time share memory.
 */
function packed(
  instructions: readonly Instruction[],
  outer: Lowering,
  firstLocal: number,
  gone: ReadonlySet<BufferId>,
  inPlace: boolean,
): readonly Instruction[] {
  const { buffers } = outer;
  const isLocal = ({ kind, dtype }: BufferSpec, buffer: BufferId) =>
    buffer >= firstLocal && kind === "temporary" && dtype === "float32";
  const own = buffers.map(
    (spec, buffer): BufferSpec => (isLocal(spec, buffer) && !gone.has(buffer) ? spec : { ...spec, kind: "variable" }),
  );
  const { offsets, bytes } = planArena({ buffers: own, instructions, outputs: {} }, { inPlace });
  buffers.forEach((spec, buffer) => {
    if (gone.has(buffer) || offsets[buffer] !== -1) buffers[buffer] = { ...spec, size: 0 };
  });
  if (bytes === 0) return instructions;
  const all = outer.allocate([bytes / 4], "float32");
  return instructions.map((instruction) =>
    withViews(instruction, (view) => {
      const offset = offsets[view.buffer] as number;
      return offset === -1 || offset === undefined
        ? view
        : { ...view, buffer: all.buffer, offset: view.offset + offset / 4 };
    }),
  );
}

import { type Instruction, viewsOf } from "../../ir/instruction.ts";
import { reachOf, type View } from "../../ir/view.ts";

/** Bytes [from, to), and whether only thread 0 touches them. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly alone: boolean;
}

/** More than this is not worth comparing with: a barrier is cheap. */
const maxTrackedSpans = 64;

/**
 * Decides before which instructions threads wait for each other: where one reads what another has written since the
 * last barrier, or writes what another has read or written. What thread 0 does alone needs no barrier from what it did
 * alone before.
 */
export class Barriers {
  private reads: Span[] = [];
  private writes: Span[] = [];

  /** @param addressOf byte address of a view's first element. */
  constructor(private readonly addressOf: (view: View) => number) {}

  /** Whether the next instruction needs a barrier before it. Call it for each in turn. */
  next(instruction: Instruction, alone: boolean): boolean {
    const views = viewsOf(instruction);
    const reads = views.reads.map((view) => this.spanOf(view, alone));
    const writes = views.writes.map((view) => this.spanOf(view, alone));
    const waits =
      meet(reads, this.writes) ||
      meet(writes, this.writes) ||
      meet(writes, this.reads) ||
      this.reads.length + this.writes.length > maxTrackedSpans;
    if (waits) [this.reads, this.writes] = [[], []];
    this.reads.push(...reads);
    this.writes.push(...writes);
    return waits;
  }

  private spanOf(view: View, alone: boolean): Span {
    const { from, to } = reachOf(view);
    const start = this.addressOf(view) - view.offset * 4;
    return { from: start + from * 4, to: start + (to + 1) * 4, alone };
  }
}

function meet(some: readonly Span[], others: readonly Span[]): boolean {
  return some.some((a) => others.some((b) => a.from < b.to && b.from < a.to && !(a.alone && b.alone)));
}

/** First and last instruction during which a block is in use; −1 is before the run, Infinity after it. */
export interface Span {
  from: number;
  to: number;
}

/** A piece of the arena. {@link placeBlocks} sets its offset. */
export interface Block {
  span: Span;
  bytes: number;
  offset: number;
}

/** Neighbours in order of offset, with what lets a search pass over all of them at once. */
interface Run {
  readonly blocks: Block[];
  /** Every block is in use at some time within this span. */
  outer: Span;
  /** Every block is in use during all of this span; it is empty (from > to) where there is no such time. */
  inner: Span;
  /** The widest free piece between the blocks. */
  gap: number;
  end: number;
}

/** Most blocks in a run: about as many as a search passes runs in programs of some thousand blocks. */
const runLength = 64;

/**
 * Gives each block its offset, the largest block first, each at the lowest offset where no block that is in use at the
 * same time is. Gives the bytes needed.
 *
 * Blocks are kept in runs, so that a search does not look at every block: a run that is out of use during the block's
 * span, or in use and without a gap that is wide enough, is passed as a whole.
 */
export function placeBlocks(blocks: Block[]): number {
  const runs: Run[] = [runOf([])];
  let total = 0;
  for (const block of blocks.sort((a, b) => b.bytes - a.bytes)) {
    block.offset = lowestOffset(runs, block);
    insert(runs, block);
    total = Math.max(total, block.offset + block.bytes);
  }
  return total;
}

const meet = (a: Span, b: Span) => a.from <= b.to && b.from <= a.to;

function lowestOffset(runs: readonly Run[], { span, bytes }: Block): number {
  let offset = 0;
  for (const run of runs) {
    if (!meet(run.outer, span)) continue;
    const isWhole = run.inner.from <= span.to && span.from <= run.inner.to;
    if (isWhole && run.gap < bytes && (run.blocks[0] as Block).offset - offset < bytes) {
      offset = Math.max(offset, run.end);
      continue;
    }
    for (const other of run.blocks) {
      if (!meet(other.span, span)) continue;
      if (other.offset - offset >= bytes) return offset;
      offset = Math.max(offset, other.offset + other.bytes);
    }
  }
  return offset;
}

/** Puts the block behind those of the same or a lower offset. */
function insert(runs: Run[], block: Block): void {
  const isBehind = (other: Block) => other.offset > block.offset;
  const found = runs.findIndex((run) => run.blocks.length > 0 && isBehind(run.blocks.at(-1) as Block));
  const at = found < 0 ? runs.length - 1 : found;
  const { blocks } = runs[at] as Run;
  const next = blocks.findIndex(isBehind);
  blocks.splice(next < 0 ? blocks.length : next, 0, block);
  const half = blocks.length > runLength ? runLength / 2 : blocks.length;
  runs.splice(at, 1, ...[blocks.slice(0, half), blocks.slice(half)].filter(({ length }) => length > 0).map(runOf));
}

function runOf(blocks: Block[]): Run {
  const outer = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  const inner = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  let [gap, end] = [0, blocks[0]?.offset ?? 0];
  for (const { span, offset, bytes } of blocks) {
    outer.from = Math.min(outer.from, span.from);
    outer.to = Math.max(outer.to, span.to);
    inner.from = Math.max(inner.from, span.from);
    inner.to = Math.min(inner.to, span.to);
    gap = Math.max(gap, offset - end);
    end = Math.max(end, offset + bytes);
  }
  return { blocks, outer, inner, gap, end };
}

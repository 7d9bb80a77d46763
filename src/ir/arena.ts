import { elementwisePart, type Instruction, viewsOf } from "./instruction.ts";
import type { MapInstruction } from "./instructions/map.ts";
import { type Block, placeBlocks, type Span } from "./place.ts";
import type { BufferSpec, Program } from "./program.ts";
import { sizeOf } from "./shape.ts";
import { type BufferId, sameLayout } from "./view.ts";

/** Where the temporaries and inputs of a program lie in one piece of memory: what {@link planArena} gives. */
export interface ArenaPlan {
  /** Byte offset of each buffer; −1 for constants, variables, and buffers that no instruction uses. */
  readonly offsets: readonly number[];
  /** Bytes of the whole arena. */
  readonly bytes: number;
}

/** What a backend asks of {@link planArena}. */
export interface ArenaOptions {
  /** Offsets are multiples of it. Default 64 bytes, a cache line. */
  readonly alignment?: number;
  /** Whether a map may write its result over an input that it reads for the last time. Default true. */
  readonly inPlace?: boolean;
  /** Whether all inputs lie in one piece, in order, so that one copy brings in a whole batch. Default false. */
  readonly groupInputs?: boolean;
  /** With false every buffer has memory of its own (for tests). Default true. */
  readonly share?: boolean;
}

/**
 * Gives temporaries and inputs their places in one arena of memory: buffers that are not in use at the same time share
 * it, and a map writes over an input that nobody reads any more. For backends, which call it when they load a program;
 * elements have four bytes.
 * @example const { offsets, bytes } = planArena(program, { alignment: 256 });
 */
export function planArena(
  { buffers, instructions, outputs }: Pick<Program, "buffers" | "instructions" | "outputs">,
  { alignment = 64, inPlace = true, groupInputs = false, share = true }: ArenaOptions = {},
): ArenaPlan {
  const spans = spansOf(buffers, instructions, outputs);
  const overwritten = share && inPlace ? inPlaceResults(buffers, instructions, spans) : new Map<BufferId, BufferId>();
  const firstOf = (buffer: BufferId): BufferId => {
    let first = buffer;
    while (overwritten.has(first)) first = overwritten.get(first) as BufferId;
    return first;
  };
  /** Pieces of memory by the first buffer that lies there; all inputs under −1 where they are grouped. */
  const blocks = new Map<BufferId, Block>();
  /** Where in its block each first buffer begins. */
  const starts = new Map<BufferId, number>();
  const places = buffers.map((spec, buffer) => {
    const span = spans[buffer];
    if (!span || !isInArena(spec)) return undefined;
    const first = firstOf(buffer);
    const key = groupInputs && buffers[first]?.kind === "input" ? -1 : first;
    const block = blocks.get(key) ?? { span: { ...span }, bytes: 0, offset: 0 };
    blocks.set(key, block);
    block.span.from = Math.min(block.span.from, span.from);
    block.span.to = Math.max(block.span.to, span.to);
    const start = starts.get(first) ?? block.bytes;
    if (!starts.has(first)) block.bytes += arenaBytesOf(spec, alignment);
    starts.set(first, start);
    return { block, start };
  });
  const all = [...blocks.values()];
  if (!share) for (const block of all) block.span = { from: -1, to: Number.POSITIVE_INFINITY };
  const bytes = placeBlocks(all);
  return { offsets: places.map((place) => (place ? place.block.offset + place.start : -1)), bytes };
}

/** Bytes of a buffer in an arena: four for each element, in whole units of the alignment. */
export function arenaBytesOf({ size }: BufferSpec, alignment = 64): number {
  return Math.max(1, Math.ceil((size * 4) / alignment)) * alignment;
}

const isInArena = ({ kind }: BufferSpec): boolean => kind === "temporary" || kind === "input";

/** When each buffer is in use; inputs from before the run, outputs until after it. */
function spansOf(
  buffers: readonly BufferSpec[],
  instructions: readonly Instruction[],
  outputs: Program["outputs"],
): (Span | undefined)[] {
  const spans = buffers.map((spec): Span | undefined => (spec.kind === "input" ? { from: -1, to: -1 } : undefined));
  instructions.forEach((instruction, index) => {
    const { reads, writes } = viewsOf(instruction);
    for (const { buffer } of [...reads, ...writes]) {
      const span = spans[buffer];
      spans[buffer] = { from: span?.from ?? index, to: index };
    }
  });
  for (const { buffer } of Object.values(outputs)) {
    const span = spans[buffer];
    if (span) span.to = Number.POSITIVE_INFINITY;
  }
  return spans;
}

/** Results of maps that can take the memory of an input that is read there for the last time: result → input. */
function inPlaceResults(
  buffers: readonly BufferSpec[],
  instructions: readonly Instruction[],
  spans: readonly (Span | undefined)[],
): Map<BufferId, BufferId> {
  const overwritten = new Map<BufferId, BufferId>();
  instructions.forEach((instruction, index) => {
    const { map, others } = elementwisePart(instruction);
    if (!map) return;
    const taken = new Set<BufferId>(others.map(({ buffer }) => buffer));
    for (const output of map.outputs) {
      if (buffers[output.buffer]?.kind !== "temporary" || spans[output.buffer]?.from !== index) continue;
      const dying = map.inputs.find(
        ({ buffer }) =>
          !taken.has(buffer) &&
          isDying(buffer, map, buffers, spans, index) &&
          buffers[buffer]?.size === buffers[output.buffer]?.size,
      );
      if (!dying) continue;
      taken.add(dying.buffer);
      overwritten.set(output.buffer, dying.buffer);
    }
  });
  return overwritten;
}

/** Whether the map is the buffer's last reader and reads all of it in order. */
function isDying(
  buffer: BufferId,
  map: MapInstruction,
  buffers: readonly BufferSpec[],
  spans: readonly (Span | undefined)[],
  index: number,
): boolean {
  const spec = buffers[buffer] as BufferSpec;
  const output = map.outputs[0];
  return (
    isInArena(spec) &&
    spans[buffer]?.to === index &&
    spec.size === sizeOf(map.shape) &&
    output !== undefined &&
    map.inputs.every((view) => view.buffer !== buffer || sameLayout(view, output))
  );
}

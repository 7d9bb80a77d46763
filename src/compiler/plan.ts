import { elementwisePart, type Instruction, viewsOf } from "../ir/instruction.ts";
import type { MapInstruction } from "../ir/instructions/map.ts";
import type { BufferSpec } from "../ir/program.ts";
import { sizeOf } from "../ir/shape.ts";
import { type BufferId, sameLayout } from "../ir/view.ts";
import { arenaBytesOf } from "./order.ts";
import { type Block, placeBlocks, type Span } from "./place.ts";

/**
 * Gives temporaries and inputs their places in one arena: buffers whose lives do not overlap share memory, and a map
 * writes over an input that nobody needs any more.
 *
 * @param kept buffers that are read after the run.
 * @param share with false every buffer has a place of its own (for tests).
 */
export function plan(
  buffers: readonly BufferSpec[],
  instructions: readonly Instruction[],
  kept: ReadonlySet<BufferId>,
  share: boolean,
): { buffers: BufferSpec[]; arenaBytes: number } {
  const spans = spansOf(buffers, instructions, kept);
  const tenants = share ? inPlace(buffers, instructions, spans) : new Map<BufferId, BufferId>();
  const host = (buffer: BufferId): BufferId => {
    let current = buffer;
    while (tenants.has(current)) current = tenants.get(current) as BufferId;
    return current;
  };
  const blocks = new Map<BufferId, Block>();
  buffers.forEach((spec, buffer) => {
    const span = spans[buffer];
    if (!span || (spec.kind !== "temporary" && spec.kind !== "input")) return;
    const block = blocks.get(host(buffer));
    if (block) block.span = { from: Math.min(block.span.from, span.from), to: Math.max(block.span.to, span.to) };
    else blocks.set(host(buffer), { span: { ...span }, bytes: arenaBytesOf(spec), offset: 0 });
  });
  const always = { from: -1, to: Number.POSITIVE_INFINITY };
  const arenaBytes = placeBlocks(
    share ? [...blocks.values()] : [...blocks.values()].map((block) => Object.assign(block, { span: always })),
  );
  return {
    buffers: buffers.map((spec, buffer) => ({
      ...spec,
      arenaOffset: spans[buffer] ? (blocks.get(host(buffer))?.offset ?? -1) : -1,
    })),
    arenaBytes,
  };
}

function spansOf(
  buffers: readonly BufferSpec[],
  instructions: readonly Instruction[],
  kept: ReadonlySet<BufferId>,
): (Span | undefined)[] {
  const spans = buffers.map((spec): Span | undefined => (spec.kind === "input" ? { from: -1, to: -1 } : undefined));
  instructions.forEach((instruction, index) => {
    const { reads, writes } = viewsOf(instruction);
    for (const { buffer } of [...reads, ...writes]) {
      const span = spans[buffer];
      spans[buffer] = { from: span?.from ?? index, to: index };
    }
  });
  for (const buffer of kept) {
    const span = spans[buffer];
    if (span) span.to = Number.POSITIVE_INFINITY;
  }
  return spans;
}

/** Outputs of maps that can take over the memory of an input that dies there: output → input. */
function inPlace(
  buffers: readonly BufferSpec[],
  instructions: readonly Instruction[],
  spans: readonly (Span | undefined)[],
): Map<BufferId, BufferId> {
  const tenants = new Map<BufferId, BufferId>();
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
      tenants.set(output.buffer, dying.buffer);
    }
  });
  return tenants;
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
    (spec.kind === "temporary" || spec.kind === "input") &&
    spans[buffer]?.to === index &&
    spec.size === sizeOf(map.shape) &&
    output !== undefined &&
    map.inputs.every((view) => view.buffer !== buffer || sameLayout(view, output))
  );
}

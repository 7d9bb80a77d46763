// The chunks of an HDF5 dataset: finding them and putting them together.
import type { Cursor } from "../binary.ts";
import { damaged, unsupported } from "../file-error.ts";
import type { ChunkedLayout } from "./layout.ts";
import { isUndefined, Metadata } from "./metadata.ts";
import { unfilter } from "./unfilter.ts";

/** A chunk in the file: where it begins in the dataset, its bytes, the filters that were left out. */
interface Chunk {
  readonly start: readonly number[];
  readonly address: number;
  readonly size: number;
  readonly mask: number;
}

/** How many chunks there are along each axis. */
const chunkCounts = (shape: readonly number[], chunk: readonly number[]): number[] =>
  shape.map((extent, axis) => Math.ceil(extent / (chunk[axis] as number)));

/** The bytes of a chunked dataset. Chunks that are not in the file are zeros. */
export async function readChunks(
  name: string,
  bytes: Uint8Array,
  layout: ChunkedLayout,
  shape: readonly number[],
  filters: readonly number[],
  elementSize: number,
): Promise<Uint8Array> {
  const product = (extents: readonly number[]) => extents.reduce((a, b) => a * b, 1);
  const result = new Uint8Array(product(shape) * elementSize);
  const chunkSize = product(layout.chunk) * elementSize;
  const seen = new Set<string>();
  for (const { start, address, size, mask } of listChunks(
    new Metadata(name, bytes),
    layout,
    shape,
    filters,
    chunkSize,
  )) {
    const inside = start.every((at, axis) => at < (shape[axis] as number) && at % (layout.chunk[axis] as number) === 0);
    if (!inside || seen.has(start.join()))
      throw damaged(name, "a chunk must have a place of its own", `a place in [${shape}]`, `[${start}]`);
    seen.add(start.join());
    const packed = new Metadata(name, bytes).block(address, size).take(size);
    place(
      await unfilter(name, packed, filters, mask, chunkSize, elementSize),
      start,
      layout.chunk,
      result,
      shape,
      elementSize,
    );
  }
  return result;
}

/** Copies the part of a chunk that lies in the dataset, one run along the last axis after the other. */
function place(
  source: Uint8Array,
  start: readonly number[],
  chunk: readonly number[],
  target: Uint8Array,
  shape: readonly number[],
  elementSize: number,
): void {
  const last = shape.length - 1;
  const copy = (axis: number, from: number, to: number) => {
    const extent = chunk[axis] as number;
    const at = start[axis] as number;
    const count = Math.min(extent, (shape[axis] as number) - at);
    const begin = from * extent;
    const end = to * (shape[axis] as number) + at;
    if (axis === last)
      target.set(source.subarray(begin * elementSize, (begin + count) * elementSize), end * elementSize);
    else for (let i = 0; i < count; i++) copy(axis + 1, begin + i, end + i);
  };
  copy(0, 0, 0);
}

function* listChunks(
  file: Metadata,
  layout: ChunkedLayout,
  shape: readonly number[],
  filters: readonly number[],
  chunkSize: number,
): Generator<Chunk> {
  const { address, index, single } = layout;
  if (isUndefined(address)) return;
  if (index === "tree") {
    yield* readTree(file, address, -1, shape.length);
    return;
  }
  const counts = chunkCounts(shape, layout.chunk);
  const count = counts.reduce((a, b) => a * b, 1);
  /** The place of chunk `i` in row-major order. */
  const startOf = (i: number) => {
    let rest = i;
    return counts.map((extent, axis) => {
      const step = counts.slice(axis + 1).reduce((a, b) => a * b, 1);
      const at = Math.floor(rest / step) % extent;
      rest %= step;
      return at * (layout.chunk[axis] as number);
    });
  };
  if (index === "single") {
    const [size, mask] = single ?? [chunkSize, 0];
    yield { start: startOf(0), address, size, mask };
  } else if (index === "implicit")
    for (let i = 0; i < count; i++)
      yield { start: startOf(i), address: address + i * chunkSize, size: chunkSize, mask: 0 };
  else yield* readFixedArray(file, address, count, startOf, filters.length > 0, chunkSize);
}

function* readTree(file: Metadata, address: number, level: number, rank: number): Generator<Chunk> {
  const [type, found, used] = file.signed("TREE", address, 24).numbers("112");
  if (type !== 1 || (level >= 0 && found !== level))
    throw damaged(file.name, "a tree's nodes must be of one kind and a level", level, found);
  const keySize = 16 + 8 * rank;
  const node = file.block(address + 24, used * (keySize + 8));
  for (let i = 0; i < used; i++) {
    const [size, mask] = node.numbers("44");
    const start = node.numbers("8".repeat(rank));
    const child = node.skip(8).number(8);
    if (found > 0) yield* readTree(file, child, found - 1, rank);
    else yield { start, address: child, size, mask };
  }
}

/** The index that new versions of HDF5 make for datasets of fixed extents. */
function* readFixedArray(
  file: Metadata,
  address: number,
  count: number,
  startOf: (index: number) => number[],
  isFiltered: boolean,
  chunkSize: number,
): Generator<Chunk> {
  const [, client, entrySize, pageBits, entries, block] = file.signed("FAHD", address, 28).numbers("111188");
  if (client !== (isFiltered ? 1 : 0) || entries !== count)
    throw damaged(file.name, "a chunk index must list all chunks", count, entries);
  if (isUndefined(block)) return;
  if (count > 2 ** pageBits) throw unsupported(file.name, `the chunk index "fixed array" with pages`);
  file.signed("FADB", block, 14);
  const list: Cursor = file.block(block + 14, count * entrySize);
  for (let i = 0; i < count; i++) {
    const at = list.number(8);
    const size = isFiltered ? list.number(entrySize - 12) : chunkSize;
    const mask = isFiltered ? list.number(4) : 0;
    if (!isUndefined(at)) yield { start: startOf(i), address: at, size, mask };
  }
}

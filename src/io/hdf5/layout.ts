// Where the bytes of an HDF5 dataset are: all layouts that are read.
import type { Cursor } from "../binary.ts";
import { damaged, unsupported } from "../file-error.ts";
import { readFilters } from "./filters.ts";
import { type Layout, pieceAt, sizeOf } from "./piece.ts";

/** Pieces ("chunks") that an index at `address` lists. */
export interface ChunkedLayout {
  readonly address: number;
  /** Extents of a chunk. */
  readonly chunk: readonly number[];
  readonly index: "tree" | "single" | "implicit" | "fixed array";
  /** Of a single chunk that is filtered: its bytes in the file and the filters that were left out. */
  readonly single?: readonly [size: number, mask: number];
}

/** The chunk indexes of version 4, by their number. */
const indexes = ["", "single", "implicit", "fixed array", "extensible array", "version 2 B-tree"] as const;

/** Reads a layout message. @throws FileError on a damaged one and on what is not supported. */
export function readLayout(
  name: string,
  bytes: Uint8Array,
  body: Cursor,
  filterMessage: Cursor | undefined,
  shape: readonly number[],
  elementSize: number,
): Layout {
  const [version, kind] = body.numbers("11");
  if (version < 3 || version > 5) throw unsupported(name, `version ${version} of data layouts`);
  const filters = filterMessage ? readFilters(name, filterMessage) : [];
  const total = sizeOf(name, shape) * elementSize;
  if (kind === 0) {
    const size = body.number(2);
    return pieceAt(name, bytes, body.at, body.part(size).left, total);
  }
  if (kind === 1) {
    const [address, size] = body.numbers("88");
    return pieceAt(name, bytes, address, size, total);
  }
  if (kind !== 2) throw unsupported(name, "a virtual dataset");
  const layout = readChunked(name, version, body, elementSize);
  const { chunk } = layout;
  if (chunk.length !== shape.length || shape.length === 0)
    throw damaged(name, "chunks must have the axes of their dataset", shape.length, chunk.length);
  // Whole chunks are unpacked, also where they reach over the end.
  const chunks = shape.reduce((product, extent, axis) => product * Math.ceil(extent / (chunk[axis] as number)), 1);
  return {
    unpacked: chunks * chunk.reduce((a, b) => a * b, elementSize) + total,
    read: async () => (await import("./chunks.ts")).readChunks(name, bytes, layout, shape, filters, elementSize),
  };
}

function readChunked(name: string, version: number, body: Cursor, elementSize: number): ChunkedLayout {
  const chunkOf = (extents: readonly number[]) => {
    const chunk = extents.slice(0, -1);
    if (extents.at(-1) !== elementSize || sizeOf(name, chunk) < 1)
      throw damaged(name, "a chunk must have its dataset's elements", elementSize, `[${extents.join(", ")}]`);
    return chunk;
  };
  if (version === 3) {
    const rank = body.number(1);
    const address = body.number(8);
    return { address, chunk: chunkOf(body.numbers("4".repeat(rank))), index: "tree" };
  }
  const [flags, rank, width] = body.numbers("111");
  if (width < 1 || width > 8) throw damaged(name, "extents must have 1 to 8 bytes", 8, width);
  const chunk = chunkOf(body.numbers(String(width).repeat(rank)));
  const index = indexes[body.number(1)];
  if (index !== "single" && index !== "implicit" && index !== "fixed array")
    throw unsupported(name, `the chunk index "${index || "unknown"}"`, "Write it with h5py's default libver.");
  if (index === "fixed array") body.skip(1);
  const [size = 0, mask = 0] = index === "single" && flags & 2 ? body.numbers("84") : [];
  return { address: body.number(8), chunk, index, ...(size > 0 && { single: [size, mask] }) };
}

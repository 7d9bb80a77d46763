// Where the bytes of an HDF5 dataset are.
import type { Cursor } from "../binary.ts";
import { damaged, unsupported } from "../file-error.ts";
import { sizeOf } from "./attributes.ts";

/** Bytes that lie in one piece at `address`, or pieces ("chunks") that an index at `address` lists. */
export type Layout =
  | { readonly kind: "whole"; readonly address: number; readonly size: number }
  | {
      readonly kind: "chunked";
      readonly address: number;
      /** Extents of a chunk. */
      readonly chunk: readonly number[];
      readonly index: "tree" | "single" | "implicit" | "fixed array";
      /** Of a single chunk that is filtered: its bytes in the file and the filters that were left out. */
      readonly single?: readonly [size: number, mask: number];
    };

/** The chunk indexes of version 4, by their number. */
const indexes = ["", "single", "implicit", "fixed array", "extensible array", "version 2 B-tree"] as const;

/** Reads a layout message. @throws FileError on a damaged one and on what is not supported. */
export function readLayout(name: string, body: Cursor, elementSize: number): Layout {
  const [version = 0, kind = 0] = body.numbers("11");
  if (version < 3 || version > 5) throw unsupported(name, `version ${version} of data layouts`);
  if (kind === 0) {
    const size = body.number(2);
    return { kind: "whole", address: body.at, size: body.part(size).left };
  }
  if (kind === 1) {
    const [address = 0, size = 0] = body.numbers("88");
    return { kind: "whole", address, size };
  }
  if (kind !== 2) throw unsupported(name, "a virtual dataset");
  const chunkOf = (extents: readonly number[]) => {
    const chunk = extents.slice(0, -1);
    if (extents.at(-1) !== elementSize || sizeOf(name, chunk) < 1)
      throw damaged(name, "a chunk must have its dataset's elements", elementSize, `[${extents.join(", ")}]`);
    return chunk;
  };
  if (version === 3) {
    const rank = body.number(1);
    const address = body.number(8);
    return { kind: "chunked", address, chunk: chunkOf(body.numbers("4".repeat(rank))), index: "tree" };
  }
  const [flags = 0, rank = 0, width = 0] = body.numbers("111");
  if (width < 1 || width > 8) throw damaged(name, "extents must have 1 to 8 bytes", 8, width);
  const chunk = chunkOf(body.numbers(String(width).repeat(rank)));
  const index = indexes[body.number(1)];
  if (index !== "single" && index !== "implicit" && index !== "fixed array")
    throw unsupported(name, `the chunk index "${index || "unknown"}"`, "Write it with h5py's default libver.");
  if (index === "fixed array") body.skip(1);
  const [size = 0, mask = 0] = index === "single" && flags & 2 ? body.numbers("84") : [];
  return { kind: "chunked", address: body.number(8), chunk, index, ...(size > 0 && { single: [size, mask] }) };
}

// The filters through which the chunks of an HDF5 dataset went: gzip, shuffle, fletcher32.
import type { Cursor } from "../binary.ts";
import { damaged, unsupported } from "../file-error.ts";
import { inflate } from "../inflate.ts";

/** The filters that are read, and those that are often met, by their numbers. */
const names: Readonly<Record<number, string>> = {
  1: "gzip",
  2: "shuffle",
  3: "fletcher32",
  4: "szip",
  5: "nbit",
  6: "scaleoffset",
  32000: "lzf",
  32001: "blosc",
  32004: "lz4",
  32008: "bitshuffle",
  32015: "zstd",
};

/** The numbers of a dataset's filters, in the order of writing. @throws FileError on one that is not supported. */
export function readFilters(name: string, body: Cursor): number[] {
  const [version, count = 0] = body.numbers("11");
  if (version === 1) body.skip(6);
  else if (version !== 2) throw unsupported(name, `version ${version} of filters`);
  return Array.from({ length: count }, () => {
    const id = body.number(2);
    const nameLength = version === 1 || id >= 256 ? body.number(2) : 0;
    const [, values = 0] = body.numbers("22");
    body.skip(version === 1 ? 8 * Math.ceil(nameLength / 8) : nameLength);
    body.skip(4 * (version === 1 ? values + (values % 2) : values));
    if (id < 1 || id > 3) throw unsupported(name, `the filter ${names[id] ?? id}`, "Write it with gzip or without.");
    return id;
  });
}

/** Undoes the filters of a chunk, but those in `mask`. `size`: its bytes then. @throws FileError on damaged ones. */
export async function unfilter(
  name: string,
  packed: Uint8Array,
  filters: readonly number[],
  mask: number,
  size: number,
  elementSize: number,
): Promise<Uint8Array> {
  const applied = filters.filter((_, i) => !((mask >>> i) & 1));
  let bytes = packed;
  for (const [i, id] of [...applied.entries()].reverse()) {
    if (id === 1) {
      // A checksum that was added before the compression lies behind the data.
      const before = applied.slice(0, i).filter((other) => other === 3).length;
      bytes = await inflate(name, bytes, size + 4 * before, "deflate");
    } else if (id === 2) bytes = unshuffle(bytes, elementSize);
    else {
      const end = bytes.length - 4;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const sum = end < 0 ? 0 : fletcher32(bytes.subarray(0, end));
      if (end < 0 || view.getUint32(end, true) !== sum)
        throw damaged(name, "the checksum must be that of the data", sum, end < 0 ? "none" : view.getUint32(end, true));
      bytes = bytes.subarray(0, end);
    }
  }
  if (bytes.length !== size) throw damaged(name, "a chunk must have its size", size, bytes.length);
  return bytes;
}

/** From all first bytes, all second bytes and so on back to elements; what is left over at the end stays there. */
function unshuffle(bytes: Uint8Array, size: number): Uint8Array {
  const count = Math.floor(bytes.length / size);
  const result = bytes.slice();
  for (let byte = 0; byte < size; byte++)
    for (let i = 0; i < count; i++) result[i * size + byte] = bytes[byte * count + i] as number;
  return result;
}

/** Fletcher's checksum of 16-bit big-endian words, as HDF5 computes it. */
function fletcher32(bytes: Uint8Array): number {
  let a = 0;
  let b = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    a = (a + (((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0))) % 65535;
    b = (b + a) % 65535;
  }
  return ((b << 16) | a) >>> 0;
}

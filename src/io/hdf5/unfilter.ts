// Undoes the filters of chunks of an HDF5 dataset: gzip (1), shuffle (2), fletcher32 (3).
import { damaged } from "../file-error.ts";
import { inflate } from "../inflate.ts";

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

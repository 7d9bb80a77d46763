// The checksum of zip.
import type { Parts } from "../binary.ts";

let table: Uint32Array | undefined;

/** Four tables, so that four bytes are looked up at once. */
function makeTable(): Uint32Array {
  const made = new Uint32Array(1024);
  for (let i = 0; i < 256; i++) {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    made[i] = value;
  }
  for (let i = 256; i < 1024; i++) {
    const before = made[i - 256] as number;
    made[i] = (before >>> 8) ^ (made[before & 255] as number);
  }
  return made;
}

/** CRC-32 (polynomial 0xEDB88320, reflected) of all parts together. */
export function crc32(parts: Parts): number {
  table ??= makeTable();
  const t = table;
  let crc = -1;
  for (const bytes of parts) {
    let at = 0;
    for (const end = bytes.length - 3; at < end; at += 4) {
      crc ^=
        (bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24);
      crc =
        (t[768 + (crc & 255)] as number) ^
        (t[512 + ((crc >>> 8) & 255)] as number) ^
        (t[256 + ((crc >>> 16) & 255)] as number) ^
        (t[crc >>> 24] as number);
    }
    for (; at < bytes.length; at++) crc = (t[(crc ^ (bytes[at] as number)) & 255] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

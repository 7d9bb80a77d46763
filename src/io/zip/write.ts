// Writes zip archives of stored entries.
import { encode, lengthOf, type Parts, pack } from "../binary.ts";
import { unsupported } from "../file-error.ts";
import { crc32 } from "./crc32.ts";

/** A file to be put into an archive: its name and its bytes, in as many parts as they are in. */
export interface ZipFile {
  readonly name: string;
  readonly parts: Parts;
}

/**
 * An archive of stored (not compressed) entries, in the order given, as Keras writes. The parts of the files are parts
 * of the result, not copies.
 * @param date the time of change of all entries, to two seconds, in local time. Default now.
 * @throws FileError where the archive would need zip64: 4 GiB or 65535 entries.
 */
export function writeZip(files: readonly ZipFile[], date = new Date()): Uint8Array[] {
  const years = Math.min(Math.max(date.getFullYear() - 1980, 0), 127);
  const time = (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1);
  const day = (years << 9) | ((date.getMonth() + 1) << 5) | date.getDate();
  const body: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, parts } of files) {
    const bytes = encode(name);
    const size = lengthOf(parts);
    // Version 2.0; bit 11: names are UTF-8; method 0.
    const common = pack("22222444", 20, 0x800, 0, time, day, crc32(parts), size, size);
    const local = [pack("4", 0x04034b50), common, pack("22", bytes.length, 0), bytes];
    directory.push(pack("42", 0x02014b50, 20), common, pack("2222244", bytes.length, 0, 0, 0, 0, 0, offset), bytes);
    for (const part of [...local, ...parts]) body.push(part);
    offset += lengthOf(local) + size;
  }
  const length = lengthOf(directory);
  if (offset + length > 0xfffffffe || files.length > 0xfffe) throw unsupported("zip", "an archive of 4 GiB (zip64)");
  const end = pack("42222442", 0x06054b50, 0, 0, files.length, files.length, length, offset, 0);
  return [...body, ...directory, end];
}

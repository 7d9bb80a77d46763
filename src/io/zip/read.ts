// Reads zip archives with stored and deflated entries.
import { Cursor, decode, sameBytes } from "../binary.ts";
import { damaged, unsupported } from "../file-error.ts";
import { checkExpansion } from "../limits.ts";
import { crc32 } from "./crc32.ts";

/** A file in a zip archive. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes when unpacked. */
  readonly size: number;
  /**
   * The unpacked bytes. Those of a stored entry are a part of the archive's bytes, not a copy.
   * @throws FileError where they do not have the size and checksum that the archive says.
   */
  read(): Promise<Uint8Array>;
}

/** The signatures of the three kinds of record. */
const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

/**
 * The files of a zip archive by their names; directories are left out. Nothing is unpacked yet.
 * @param name what is read, for messages.
 * @throws FileError on a damaged archive, on names that are there twice or lead out of the archive, on entries that
 * overlap or unpack to more than 100 times the archive, on encryption, zip64 and other methods than stored and
 * deflated.
 */
export function openZip(bytes: Uint8Array, name = "zip"): ReadonlyMap<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>();
  const ranges: (readonly [begin: number, end: number])[] = [];
  const endAt = findEnd(name, bytes);
  const [disk, , onDisk, count, size, offset] = new Cursor(name, bytes, endAt + 4).numbers("222244");
  if (offset === 0xffffffff || count === 0xffff) throw unsupported(name, "zip64");
  if (disk !== 0 || onDisk !== count) throw unsupported(name, "an archive of several files");
  if (offset + size > endAt) throw damaged(name, "the directory must lie before its end record", endAt, offset + size);
  const directory = new Cursor(name, bytes, offset, size);
  ranges.push([offset, endAt]);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const [signature, , , flags, method, , , crc, packed, unpacked, nameLength, extra, comment, , , , start] =
      directory.numbers("42222224442222244");
    if (signature !== CENTRAL) throw damaged(name, "the directory must hold entries only", CENTRAL, signature);
    const nameBytes = directory.take(nameLength);
    directory.skip(extra + comment);
    const path = checkPath(name, decode(name, nameBytes), entries);
    if ([packed, unpacked, start].includes(0xffffffff)) throw unsupported(name, "zip64");
    if (flags & 0x2041) throw unsupported(name, "encryption");
    if (method !== 0 && method !== 8) throw unsupported(name, `compression method ${method}`);
    // The header before the data repeats the name; its sizes are not used, they may follow the data.
    const header = new Cursor(name, bytes, start);
    const isEntry = header.number(4) === LOCAL;
    const [localName, localExtra] = header.skip(22).numbers("22");
    if (!isEntry || !sameBytes(header.take(localName), nameBytes))
      throw damaged(name, "an entry must begin with its name", path, "something else");
    const data = header.skip(localExtra).take(packed);
    ranges.push([start, header.at]);
    total += unpacked;
    if (path.endsWith("/")) continue;
    entries.set(path, {
      name: path,
      size: unpacked,
      read: () => unpack(`${name}/${path}`, data, method, unpacked, crc),
    });
  }
  ranges.sort(([a], [b]) => a - b);
  for (const [i, [begin]] of ranges.entries()) {
    if (begin < (ranges[i - 1]?.[1] ?? 0))
      throw damaged(name, "entries must not overlap", "bytes of their own", "shared");
  }
  checkExpansion(name, total, bytes.length);
  return entries;
}

/** Where the end record begins: the last one whose comment ends with the file. */
function findEnd(name: string, bytes: Uint8Array): number {
  for (let at = bytes.length - 22; at >= Math.max(0, bytes.length - 22 - 65535); at--) {
    if (bytes[at] !== 0x50) continue;
    const cursor = new Cursor(name, bytes, at);
    if (cursor.number(4) === END && cursor.skip(16).number(2) === cursor.left) return at;
  }
  throw damaged(name, "a zip archive must have an end record", "a zip archive", "a file without one");
}

/** Refuses a name that is there already or that would lead out of a directory. */
function checkPath(name: string, path: string, known: ReadonlyMap<string, unknown>): string {
  const parts = path.replace(/\/$/, "").split("/");
  if (/[\\\0]|^[a-z]:/i.test(path) || parts.some((part) => part === "" || part === "." || part === ".."))
    throw damaged(name, "an entry's name must stay in the archive", "a relative path", JSON.stringify(path));
  if (known.has(path)) throw damaged(name, "names of entries must be unique", "one entry of a name", `two of ${path}`);
  return path;
}

async function unpack(name: string, data: Uint8Array, method: number, size: number, crc: number): Promise<Uint8Array> {
  // Keras compresses nothing.
  const bytes = method === 0 ? data : await (await import("../inflate.ts")).inflate(name, data, size, "deflate-raw");
  if (bytes.length !== size) throw damaged(name, "an entry must have its size", size, bytes.length);
  const found = crc32([bytes]);
  if (found !== crc) throw damaged(name, "the checksum must be that of the data", crc, found);
  return bytes;
}

// Structures of newer versions of HDF5: superblocks 1 to 3, object headers 2, links of their own.
import { Cursor, decode } from "../binary.ts";
import { damaged, unsupported } from "../file-error.ts";
import type { AddLink } from "./groups.ts";
import { type HeaderMessage, LINK, messagesOf } from "./messages.ts";
import { isUndefined, type Metadata } from "./metadata.ts";

/** Where the four addresses of a superblock of any version begin. @throws FileError on what is not supported. */
export function addressesAt({ name, bytes }: Metadata): number {
  const start = new Cursor(name, bytes, 8, 8).numbers("11111111");
  const [version = 0] = start;
  const [offsetSize, lengthSize] = version < 2 ? [start[5], start[6]] : [start[1], start[2]];
  if (![0, 1, 2, 3].includes(version)) throw unsupported(name, `version ${version} of superblocks`);
  if (offsetSize !== 8 || lengthSize !== 8) throw unsupported(name, `offsets of ${offsetSize} bytes`);
  return version === 1 ? 28 : 12;
}

/** The messages of an object header that is not of version 1. @throws FileError where it is none of version 2. */
export function readHeader(file: Metadata, address: number): HeaderMessage[] {
  const { name, bytes } = file;
  const start = new Cursor(name, bytes, address, 6);
  if (start.ascii(4) !== "OHDR") throw damaged(name, "an object must have a header", "version 1 or 2", "neither");
  const [version, flags] = start.numbers("11");
  if (version !== 2) throw unsupported(name, `version ${version} of object headers`);
  const width = 1 << (flags & 3);
  const before = 6 + (flags & 32 ? 16 : 0) + (flags & 16 ? 4 : 0);
  const size = file.block(address + before, width).number(width);
  // A signature before the messages that continue it and a checksum behind them.
  return messagesOf(file, file.block(address + before + width, size), flags & 4 ? "1212" : "121", (at, length) =>
    file.signed("OCHK", at, length - 4),
  );
}

/** A link, or where links are. @throws FileError on those that are not messages, and on links to names and files. */
export function readLinks(file: Metadata, { type, body }: HeaderMessage, add: AddLink): void {
  const [, flags] = body.numbers("11");
  if (type !== LINK) {
    if (!isUndefined(body.skip(flags & 1 ? 8 : 0).number(8)))
      throw unsupported(file.name, "a group of many links in a fractal heap", "Write it with h5py's default libver.");
    return;
  }
  if (flags & 8 && body.number(1) !== 0) throw unsupported(file.name, "a soft or external link");
  body.skip((flags & 4 ? 8 : 0) + (flags & 16 ? 1 : 0));
  const length = body.number(1 << (flags & 3));
  add(decode(file.name, body.take(length)), body.number(8));
}

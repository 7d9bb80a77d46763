// Object headers of HDF5: what is said about a group or a dataset, in messages.
import type { Cursor } from "../binary.ts";
import { damaged, unsupported } from "../file-error.ts";
import type { Metadata } from "./metadata.ts";

/** A message of an object header: its type and its content. */
export interface HeaderMessage {
  readonly type: number;
  readonly body: Cursor;
}

/** The types of messages that are read. */
export const DATASPACE = 1;
export const LINK_INFO = 2;
export const DATATYPE = 3;
export const EXTERNAL = 7;
export const LINK = 6;
export const LAYOUT = 8;
export const FILTERS = 11;
export const ATTRIBUTE = 12;
export const CONTINUATION = 16;
export const SYMBOL_TABLE = 17;
export const ATTRIBUTE_INFO = 21;

/** The messages of the object header at an address, of version 1 or 2. @throws FileError where it is damaged. */
export function readMessages(file: Metadata, address: number): HeaderMessage[] {
  const start = file.block(address, 4);
  if (start.numbers("1")[0] === 1) {
    const [size = 0] = file
      .block(address + 4, 12)
      .skip(4)
      .numbers("4");
    return messagesOf(file, address + 16, size, 1, false);
  }
  start.at = address;
  if (start.ascii(4) !== "OHDR") throw damaged(file.name, "an object must have a header", "version 1 or 2", "neither");
  const [version, flags = 0] = file.block(address + 4, 2).numbers("11");
  if (version !== 2) throw unsupported(file.name, `version ${version} of object headers`);
  const width = 1 << (flags & 3);
  const before = 6 + (flags & 32 ? 16 : 0) + (flags & 16 ? 4 : 0);
  const size = file.block(address + before, width).number(width);
  return messagesOf(file, address + before + width, size, 2, (flags & 4) !== 0);
}

/** Messages of a block, and of those that continue it. */
function messagesOf(file: Metadata, address: number, size: number, version: number, isOrdered: boolean) {
  const messages: HeaderMessage[] = [];
  const blocks = [file.block(address, size)];
  const head = version === 1 ? "2213" : isOrdered ? "1212" : "121";
  const headSize = version === 1 ? 8 : isOrdered ? 6 : 4;
  for (const block of blocks) {
    while (block.left >= headSize) {
      const [type = 0, length = 0, flags = 0] = block.numbers(head);
      const body = block.part(length);
      if (type === CONTINUATION) {
        const [next = 0, nextSize = 0] = body.numbers("88");
        // In version 2, a signature before the messages and a checksum behind them.
        blocks.push(version === 1 ? file.block(next, nextSize) : file.signed("OCHK", next, nextSize - 4));
      } else if (flags & 2) throw unsupported(file.name, "a message that is shared between objects (a named datatype)");
      else messages.push({ type, body });
    }
  }
  return messages;
}

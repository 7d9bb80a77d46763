// Object headers of HDF5 (version 1): what is said about a group or a dataset, in messages.
import type { Cursor } from "../binary.ts";
import { unsupported } from "../file-error.ts";
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
export const LINK = 6;
export const EXTERNAL = 7;
export const LAYOUT = 8;
export const FILTERS = 11;
export const CONTINUATION = 16;
export const SYMBOL_TABLE = 17;

/**
 * The messages of the object header at an address; undefined where it is not of version 1.
 * @throws FileError where it is damaged.
 */
export function readMessages(file: Metadata, address: number): HeaderMessage[] | undefined {
  const [version, , , , size] = file.block(address, 16).numbers("11244");
  const next = (at: number, length: number) => file.block(at, length);
  return version === 1 ? messagesOf(file, next(address + 16, size), "2213", next) : undefined;
}

/**
 * Messages of a block, and of those that continue it.
 * @param head the widths of type, length, flags and what else is before the content of a message.
 * @param next gives a block that continues another.
 */
export function messagesOf(
  file: Metadata,
  first: Cursor,
  head: string,
  next: (address: number, size: number) => Cursor,
): HeaderMessage[] {
  const messages: HeaderMessage[] = [];
  const blocks = [first];
  const headSize = [...head].reduce((sum, width) => sum + Number(width), 0);
  for (const block of blocks) {
    while (block.left >= headSize) {
      const [type = 0, length = 0, flags = 0] = block.numbers(head);
      const body = block.part(length);
      if (type === CONTINUATION) {
        const [address, size] = body.numbers("88");
        blocks.push(next(address, size));
      } else if (flags & 2) throw unsupported(file.name, "a message that is shared between objects (a named datatype)");
      else messages.push({ type, body });
    }
  }
  return messages;
}

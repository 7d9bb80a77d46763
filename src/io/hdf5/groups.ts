// The links of an HDF5 group: names and addresses of its members.
import { decode } from "../binary.ts";
import { damaged, unsupported } from "../file-error.ts";
import { type HeaderMessage, LINK, LINK_INFO, SYMBOL_TABLE } from "./messages.ts";
import type { Metadata } from "./metadata.ts";
import { isMemberName } from "./signature.ts";

/** Notes a member of a group. */
export type AddLink = (name: string, address: number) => void;

/**
 * The addresses of a group's members, by their names.
 * @param other reads a message of another kind than a symbol table.
 * @throws FileError on damaged ones, and on links to other files.
 */
export function readLinks(
  file: Metadata,
  messages: readonly HeaderMessage[],
  other: (message: HeaderMessage, add: AddLink) => void,
): ReadonlyMap<string, number> {
  const links = new Map<string, number>();
  const add = (name: string, address: number) => {
    if (!isMemberName(name))
      throw damaged(file.name, "a member of a group must have a name", "a name without slashes", JSON.stringify(name));
    if (links.has(name)) throw damaged(file.name, "names in a group must be unique", "one", `two of ${name}`);
    links.set(name, address);
  };
  for (const message of messages) {
    if (message.type === SYMBOL_TABLE) {
      const [tree, heap] = message.body.numbers("88");
      readTree(file, tree, heap, add);
    } else if (message.type === LINK || message.type === LINK_INFO) other(message, add);
  }
  return links;
}

/** Reads a group's B-tree, whose nodes have names in a heap. */
function readTree(file: Metadata, tree: number, heapAt: number, add: AddLink): void {
  const { bytes, name } = file;
  const [size, , heap] = file.signed("HEAP", heapAt, 32).skip(4).numbers("888");

  /** Names end with a zero byte. */
  const nameAt = (offset: number): string => {
    const start = heap + offset;
    const end = bytes.indexOf(0, start);
    if (end < 0 || offset > size || end >= heap + size)
      throw damaged(name, "a name must lie in its heap", `an offset below ${size}`, offset);
    file.spend(end - start + 1);
    return decode(name, bytes.subarray(start, end));
  };

  const leaf = (address: number): void => {
    const [, , count] = file.signed("SNOD", address, 8).numbers("112");
    const entries = file.block(address + 8, 40 * count);
    for (let i = 0; i < count; i++) {
      const [offset, object, cache] = entries.numbers("884");
      if (cache === 2) throw unsupported(name, "a soft link");
      entries.skip(20);
      add(nameAt(offset), object);
    }
  };

  /** A node that is `level` levels above the leaves (-1: the root, which may be at any level). */
  const node = (address: number, level: number): void => {
    const [type, found, used] = file.signed("TREE", address, 24).numbers("112");
    if (type !== 0 || (level >= 0 && found !== level))
      throw damaged(name, "a tree's nodes must be of one kind and a level", level, found);
    const children = file.block(address + 24, 16 * used + 8);
    for (let i = 0; i < used; i++) {
      const child = children.skip(8).number(8);
      if (found > 0) node(child, found - 1);
      else leaf(child);
    }
  };

  node(tree, -1);
}

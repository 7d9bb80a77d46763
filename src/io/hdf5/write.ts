// Writes HDF5 files as h5py does by default: superblock 0, symbol tables, datasets in one piece.
import { bytesOf, encode, join, lengthOf, type Parts, pack, padding } from "../binary.ts";
import { fileError } from "../file-error.ts";
import type { NumberArray } from "../numbers.ts";
import { datatypeOf } from "./datatype.ts";
import { isMemberName, signature } from "./signature.ts";

/** A dataset to be written. */
export interface WrittenDataset {
  readonly shape: readonly number[];
  /** In row-major order, as many as the shape has. Not copied. */
  readonly data: NumberArray;
}

/** A group to be written. */
export interface WrittenGroup {
  readonly children: ReadonlyMap<string, WrittenGroup | WrittenDataset>;
  readonly attributes?: ReadonlyMap<string, string>;
}

/** Entries of a leaf, and children of a node, of a group's tree: twice what the superblock says. */
const LEAF = 8;
const NODE = 32;

/** What an address is where there is nothing. */
const NOTHING = -1;

/**
 * A file with a group as its root. The numbers of datasets are parts of the result, not copies.
 * @throws FileError where data does not have its shape, or names have slashes.
 */
export const writeHdf5 = (root: WrittenGroup): Uint8Array[] => new Hdf5Writer().file(root);

/** What stands in a symbol table for an object: its address; of a group also where its tree and names are. */
interface Written {
  readonly address: number;
  readonly scratch: Uint8Array;
}

/** A message of an object's header. */
export type Message = readonly [type: number, data: Uint8Array];

/**
 * Writes objects one behind the other, members before their groups, so that addresses are known when needed. For tests
 * there is one that writes more: texts in datasets, attributes of all kinds.
 */
export class Hdf5Writer {
  private readonly parts: Uint8Array[] = [];
  /** The address of what is written next; the superblock has 96 bytes. */
  private end = 96;
  /** The elements of 16 bytes that stand for texts. */
  protected readonly texts = new Map<string, Uint8Array>([["", new Uint8Array(16)]]);

  /** @param texts all that are in the file. */
  file(root: WrittenGroup, texts = textsIn(root)): Uint8Array[] {
    const found = [...new Set(texts)].filter((text) => text !== "");
    // An index in a heap has two bytes.
    for (const some of slices(found, 65535)) this.heap(some);
    const { address, scratch } = this.group(root, "/");
    return [
      signature,
      pack("11111111224", 0, 0, 0, 0, 0, 8, 8, 0, LEAF / 2, NODE / 2, 0),
      pack("888888", 0, NOTHING, this.end, NOTHING, 0, address),
      scratch,
      ...this.parts,
    ];
  }

  protected group(group: WrittenGroup, path: string, attributes = this.textAttributes(group)): Written {
    const names: Uint8Array[] = [new Uint8Array(8)];
    let size = 8;
    const entries = [...group.children]
      .map(([name, node]) => ({ name, node, order: String.fromCharCode(...encode(name)) }))
      // In the order of their bytes, as a reader that searches expects.
      .sort((a, b) => (a.order < b.order ? -1 : 1))
      .map(({ name, node }) => {
        if (!isMemberName(name))
          throw fileError(path, {
            rule: "a member must have a name",
            expected: "a name without slashes",
            received: JSON.stringify(name),
          });
        const below = `${path === "/" ? "" : path}/${name}`;
        const { address, scratch } = "data" in node ? this.dataset(node, below) : this.group(node, below);
        const entry = { last: size, bytes: [pack("88", size, address), scratch] };
        const text = encode(`${name}\0`);
        const filled = padding(text.length, 8);
        names.push(text, filled);
        size += text.length + filled.length;
        return entry;
      });
    // The 1 says that there is no free block.
    const heap = this.add([encode("HEAP"), pack("4888", 0, size, 1, this.add(names))]);
    let level = 0;
    let nodes = slices(entries, LEAF).map((leaf) => ({
      last: leaf.at(-1)?.last ?? 0,
      address: this.add([
        encode("SNOD"),
        pack("112", 1, 0, leaf.length),
        ...leaf.flatMap(({ bytes }) => bytes),
        new Uint8Array(40 * (LEAF - leaf.length)),
      ]),
    }));
    do {
      // Keys are the last names of the children, and the empty name before the first.
      let before = 0;
      nodes = slices(nodes, NODE, 1).map((children) => {
        const keys = [before, ...children.flatMap(({ last, address }) => [address, last])];
        before = keys.at(-1) as number;
        const address = this.add([
          encode("TREE"),
          pack(`11288${"8".repeat(keys.length)}`, 0, level, children.length, NOTHING, NOTHING, ...keys),
          new Uint8Array(16 * (NODE - children.length)),
        ]);
        return { last: before, address };
      });
      level++;
    } while (nodes.length > 1);
    const table = pack("88", nodes[0]?.address as number, heap);
    return { address: this.header([[17, table], ...attributes]), scratch: join([pack("44", 1, 0), table]) };
  }

  /** @param type the message of its datatype. @param bytes its elements. */
  protected dataset(
    { shape, data }: WrittenDataset,
    path: string,
    type = datatypeOf(data),
    bytes = bytesOf(data),
    attributes: readonly Message[] = [],
  ): Written {
    const count = shape.reduce((product, extent) => product * extent, 1);
    if (count !== data.length)
      throw fileError(path, { rule: "data must have the size of its shape", expected: count, received: data.length });
    const address = this.header([
      [1, dataspace(shape)],
      [3, type],
      // A fill value of zero, set late.
      [5, pack("11114", 2, 2, 2, 1, 0)],
      [8, pack("1188", 3, 1, bytes.length > 0 ? this.add([bytes]) : NOTHING, bytes.length)],
      ...attributes,
    ]);
    return { address, scratch: new Uint8Array(24) };
  }

  private textAttributes({ attributes }: WrittenGroup): Message[] {
    return [...(attributes ?? [])].map(([name, text]) =>
      attribute(name, textType, [], this.texts.get(text) as Uint8Array),
    );
  }

  private header(messages: readonly Message[]): number {
    const body = messages.flatMap(([type, data]) => {
      const filled = padding(data.length, 8);
      return [pack("2213", type, data.length + filled.length, 0, 0), data, filled];
    });
    return this.add([pack("112444", 1, 0, messages.length, 1, lengthOf(body), 0), ...body]);
  }

  /** A heap of texts. */
  private heap(texts: readonly string[]): void {
    const objects = texts.flatMap((text, i) => {
      const bytes = encode(text);
      this.texts.set(text, pack("484", bytes.length, this.end, i + 1));
      return [pack("2248", i + 1, 1, 0, bytes.length), bytes, padding(bytes.length, 8)];
    });
    const length = lengthOf(objects);
    // No heap is smaller than 4096 bytes; what is free at its end is an object, too.
    const free = Math.max(4096 - 16 - length, 16);
    const rest = [pack("448", 0, 0, free), new Uint8Array(free - 16)];
    this.add([encode("GCOL"), pack("48", 1, 16 + length + free), ...objects, ...rest]);
  }

  /** Writes at an address that is a multiple of eight, and gives it. */
  private add(parts: Parts): number {
    const address = this.end;
    const length = lengthOf(parts);
    const filled = padding(length, 8);
    // Not by spreading: there can be more parts than a call has room for arguments.
    for (const part of parts) this.parts.push(part);
    this.parts.push(filled);
    this.end += length + filled.length;
    return address;
  }
}

const textsIn = ({ attributes, children }: WrittenGroup): string[] => [
  ...(attributes?.values() ?? []),
  ...[...children.values()].flatMap((child) => ("data" in child ? [] : textsIn(child))),
];

/** The datatype of texts of variable length: their characters are UTF-8, their elements unsigned bytes. */
export const textType = /* @__PURE__ */ pack("111141111422", 0x19, 1, 1, 0, 16, 0x10, 0, 0, 0, 1, 0, 8);

const dataspace = (shape: readonly number[]): Uint8Array =>
  pack(`1124${"8".repeat(shape.length)}`, 1, shape.length, 0, 0, ...shape);

/** An attribute of an object. @param type the message of its datatype. @param bytes its elements. */
export function attribute(name: string, type: Uint8Array, shape: readonly number[], bytes: Uint8Array): Message {
  const parts = [encode(`${name}\0`), type, dataspace(shape)];
  const filled = parts.flatMap((part) => [part, padding(part.length, 8)]);
  return [12, join([pack("11222", 1, 0, ...parts.map(({ length }) => length)), ...filled, bytes])];
}

/** Pieces of at most `size` items; `least`: how many pieces there are at least. */
function slices<T>(items: readonly T[], size: number, least = 0): T[][] {
  const pieces: T[][] = [];
  for (let i = 0; i < items.length || pieces.length < least; i += size) pieces.push(items.slice(i, i + size));
  return pieces;
}

// Writes HDF5 files as h5py does by default: superblock 0, symbol tables, datasets in one piece.
import { bytesOf, encode, join, lengthOf, type Parts, pack, padding } from "../binary.ts";
import { fileError, unsupported } from "../file-error.ts";
import type { NumberArray } from "../numbers.ts";
import { datatypeOf } from "./datatype.ts";
import { signature } from "./signature.ts";

/** What an attribute can be: a text, several, a number (written as float64), or an array of numbers. */
export type WrittenAttribute = string | number | readonly string[] | NumberArray;

/** A dataset to be written. */
export interface WrittenDataset {
  readonly shape: readonly number[];
  /** In row-major order, as many as the shape has. Not copied. */
  readonly data: NumberArray | readonly string[];
  readonly attributes?: ReadonlyMap<string, WrittenAttribute>;
}

/** A group to be written. */
export interface WrittenGroup {
  readonly children: ReadonlyMap<string, WrittenGroup | WrittenDataset>;
  readonly attributes?: ReadonlyMap<string, WrittenAttribute>;
}

/** Entries of a leaf, and children of a node, of a group's tree: twice what the superblock says. */
const LEAF = 8;
const NODE = 32;

/** What an address is where there is nothing. */
const NOTHING = -1;

/**
 * A file with a group as its root. The numbers of datasets are parts of the result, not copies.
 * @throws FileError where data does not have its shape, names have slashes, or an object has more than 64 kB of
 * attributes in one (texts count 16 bytes).
 */
export function writeHdf5(root: WrittenGroup): Uint8Array[] {
  const writer = new Writer(root);
  const { address, scratch } = writer.group(root, "/");
  const superblock = [
    signature,
    pack("11111111224", 0, 0, 0, 0, 0, 8, 8, 0, LEAF / 2, NODE / 2, 0),
    pack("8888", 0, NOTHING, writer.end, NOTHING),
    pack("88", 0, address),
    scratch,
  ];
  return [...superblock, ...writer.parts];
}

/** What stands in a symbol table for an object: its address; of a group also where its tree and names are. */
interface Written {
  readonly address: number;
  readonly scratch: Uint8Array;
}

const isDataset = (node: WrittenGroup | WrittenDataset): node is WrittenDataset => "data" in node;

/** Writes objects one behind the other, members before their groups, so that addresses are known when needed. */
class Writer {
  readonly parts: Uint8Array[] = [];
  /** The address of what is written next; the superblock has 96 bytes. */
  end = 96;
  /** The elements of 16 bytes that stand for texts. */
  private readonly texts = new Map<string, Uint8Array>();

  constructor(root: WrittenGroup) {
    const texts = new Set<string>();
    collectTexts(root, texts);
    texts.delete("");
    this.texts.set("", new Uint8Array(16));
    const all = [...texts];
    // An index in a heap has two bytes.
    for (let i = 0; i < all.length; i += 65535) this.heap(all.slice(i, i + 65535));
  }

  group(group: WrittenGroup, path: string): Written {
    // In the order of their bytes, as a reader that searches expects.
    const children = [...group.children]
      .map(([name, node]) => ({ name: checkName(path, name), node }))
      .sort((a, b) => compareBytes(a.name, b.name))
      .map(({ name, node }) => {
        const below = `${path === "/" ? "" : path}/${name}`;
        return { name: encode(name), ...(isDataset(node) ? this.dataset(node, below) : this.group(node, below)) };
      });
    const names: Uint8Array[] = [new Uint8Array(8)];
    let offset = 8;
    const entries = children.map(({ name, address, scratch }) => {
      const entry = { offset, bytes: [pack("88", offset, address), scratch] };
      const text = [name, padding(name.length + 1, 8), new Uint8Array(1)];
      names.push(...text);
      offset += lengthOf(text);
      return entry;
    });
    const data = this.add(names);
    // The 1 says that there is no free block.
    const heap = this.add([encode("HEAP"), pack("4888", 0, offset, 1, data)]);
    let level = 0;
    let nodes = slices(entries, LEAF).map((leaf) => ({
      last: leaf.at(-1)?.offset ?? 0,
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
        const keys = children.flatMap(({ last, address }) => [address, last]);
        const node = [encode("TREE"), pack("11288", 0, level, children.length, NOTHING, NOTHING), pack("8", before)];
        node.push(pack("8".repeat(keys.length), ...keys), new Uint8Array(16 * (NODE - children.length)));
        before = children.at(-1)?.last ?? 0;
        return { last: before, address: this.add(node) };
      });
      level++;
    } while (nodes.length > 1);
    const table = pack("88", nodes[0]?.address as number, heap);
    const address = this.header(path, [[17, table]], group.attributes);
    return { address, scratch: join([pack("44", 1, 0), table]) };
  }

  private dataset({ shape, data, attributes }: WrittenDataset, path: string): Written {
    const count = shape.reduce((product, extent) => product * extent, 1);
    if (count !== data.length)
      throw fileError(path, { rule: "data must have the size of its shape", expected: count, received: data.length });
    const bytes = this.bytes(data);
    const address = bytes.length > 0 ? this.add([bytes]) : NOTHING;
    const messages: Message[] = [
      [1, dataspace(shape)],
      [3, datatype(data)],
      // A fill value of zero, set late.
      [5, pack("11114", 2, 2, 2, 1, 0)],
      [8, pack("1188", 3, 1, address, bytes.length)],
    ];
    return { address: this.header(path, messages, attributes), scratch: new Uint8Array(24) };
  }

  /** The elements of numbers or texts. */
  private bytes(data: NumberArray | readonly string[]): Uint8Array {
    if (!Array.isArray(data)) return bytesOf(data as NumberArray);
    return join(data.map((text: string) => this.texts.get(text) as Uint8Array));
  }

  private header(path: string, messages: Message[], attributes: WrittenDataset["attributes"]): number {
    const all: Message[] = [
      ...messages,
      ...[...(attributes ?? [])].map(([name, value]) => this.attribute(path, name, value)),
    ];
    const body = all.flatMap(([type, data]) => {
      const filled = padding(data.length, 8);
      return [pack("2213", type, data.length + filled.length, 0, 0), data, filled];
    });
    return this.add([pack("112444", 1, 0, all.length, 1, lengthOf(body), 0), ...body]);
  }

  private attribute(path: string, name: string, value: WrittenAttribute): Message {
    const data = typeof value === "string" ? [value] : typeof value === "number" ? Float64Array.of(value) : value;
    const shape = typeof value === "string" || typeof value === "number" ? [] : [value.length];
    const key = encode(`${name}\0`);
    const parts = [datatype(data), dataspace(shape)];
    const sizes = [key, ...parts].map(({ length }) => length);
    const filled = [key, ...parts].flatMap((part) => [part, padding(part.length, 8)]);
    const message = join([pack("11222", 1, 0, ...sizes), ...filled, this.bytes(data)]);
    if (message.length > 64000) throw unsupported(path, `an attribute of more than 64 kB (${name})`);
    return [12, message];
  }

  /** A heap of texts. */
  private heap(texts: readonly string[]): void {
    const address = this.end;
    const objects = texts.flatMap((text, i) => {
      const bytes = encode(text);
      this.texts.set(text, pack("484", bytes.length, address, i + 1));
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

type Message = readonly [type: number, data: Uint8Array];

function dataspace(shape: readonly number[]): Uint8Array {
  return pack(`1124${"8".repeat(shape.length)}`, 1, shape.length, 0, 0, ...shape);
}

function datatype(data: NumberArray | readonly string[]): Uint8Array {
  // A text of variable length: its characters are UTF-8, its elements unsigned bytes.
  if (Array.isArray(data)) return pack("111141111422", 0x19, 1, 1, 0, 16, 0x10, 0, 0, 0, 1, 0, 8);
  return datatypeOf(data as NumberArray);
}

/** Pieces of at most `size` items; `least`: how many pieces there are at least. */
function slices<T>(items: readonly T[], size: number, least = 0): T[][] {
  const pieces: T[][] = [];
  for (let i = 0; i < items.length || pieces.length < least; i += size) pieces.push(items.slice(i, i + size));
  return pieces;
}

function checkName(path: string, name: string): string {
  if (name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name)) return name;
  throw fileError(path, {
    rule: "a member must have a name",
    expected: "a name without slashes",
    received: JSON.stringify(name),
  });
}

/** Compares as UTF-8. */
function compareBytes(a: string, b: string): number {
  const [left, right] = [encode(a), encode(b)];
  const at = left.findIndex((byte, i) => byte !== right[i]);
  return at < 0 ? left.length - right.length : (left[at] as number) - (right[at] ?? -1);
}

function collectTexts(node: WrittenGroup | WrittenDataset, texts: Set<string>): void {
  for (const value of [...(node.attributes?.values() ?? []), ...(isDataset(node) ? [node.data] : [])]) {
    if (typeof value === "string") texts.add(value);
    else if (Array.isArray(value)) for (const text of value) texts.add(text);
  }
  if (!isDataset(node)) for (const child of node.children.values()) collectTexts(child, texts);
}

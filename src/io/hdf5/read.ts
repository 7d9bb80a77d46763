// Reads the part of HDF5 that Keras and h5py use.
import { Cursor, sameBytes } from "../binary.ts";
import { damaged, fileError, unsupported } from "../file-error.ts";
import { checkExpansion } from "../limits.ts";
import type { NumberArray } from "../numbers.ts";
import { type AttributeValue, readAttributes, readDataspace, sizeOf, valuesOf } from "./attributes.ts";
import { type Dtype, readDatatype } from "./datatype.ts";
import { readFilters } from "./filters.ts";
import { readLinks } from "./groups.ts";
import { GlobalHeap } from "./heap.ts";
import { readLayout } from "./layout.ts";
import { DATASPACE, DATATYPE, EXTERNAL, FILTERS, type HeaderMessage, LAYOUT, readMessages } from "./messages.ts";
import { isUndefined, Metadata } from "./metadata.ts";

/** An array in an HDF5 file. */
export interface Hdf5Dataset {
  readonly kind: "dataset";
  /** Where it is in the file, such as `/layers/dense/vars/0`. */
  readonly path: string;
  /** No extents: a scalar. */
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  /**
   * The values in row-major order: strings where the dtype is `string`, else an array of its numbers (Float32Array for
   * `<f2` and `bfloat16`). Where the file holds them in one piece and aligned, they are a view of the file's bytes:
   * copy what is kept.
   * @throws FileError where the data is damaged.
   */
  read(): Promise<readonly string[] | NumberArray>;
}

/** A group of datasets and groups in an HDF5 file. */
export interface Hdf5Group {
  readonly kind: "group";
  readonly path: string;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  readonly children: ReadonlyMap<string, Hdf5Group | Hdf5Dataset>;
}

/** Most levels of groups. Models have fewer, and code that reads them is recursive. */
const MAX_DEPTH = 100;

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether bytes begin as an HDF5 file. */
export const isHdf5 = (bytes: Uint8Array): boolean => sameBytes(bytes.subarray(0, 8), Uint8Array.from(SIGNATURE));

/**
 * Opens an HDF5 file: reads all groups, attributes and descriptions of datasets. Their numbers are read later, by
 * {@link Hdf5Dataset.read}, from the same bytes.
 *
 * Supported is what h5py writes by default, and the most usual of `libver="latest"`: superblocks 0, 2 and 3; datasets
 * in
 * one piece, compact or in chunks, with gzip, shuffle and fletcher32; little-endian integers and floats of IEEE 754,
 * truth values, strings. Time and memory are bounded by the file's size; unpacked data by 100 times that size.
 * @param name what is read, for messages.
 * @throws FileError on a damaged file, and on what is not supported, by its name.
 */
export function openHdf5(bytes: Uint8Array, name = "hdf5"): Hdf5Group {
  if (!isHdf5(bytes))
    throw fileError(name, {
      rule: "an HDF5 file must have its signature",
      expected: "an HDF5 file",
      received: "another",
    });
  return new Opening(name, bytes).root();
}

/** The member at a path such as `layers/dense/vars`, below a group; undefined where there is none. */
export function findHdf5(group: Hdf5Group, path: string): Hdf5Group | Hdf5Dataset | undefined {
  let found: Hdf5Group | Hdf5Dataset | undefined = group;
  for (const part of path.split("/")) {
    if (part === "") continue;
    found = found?.kind === "group" ? found.children.get(part) : undefined;
  }
  return found;
}

class Opening {
  private readonly file: Metadata;
  private readonly heap: GlobalHeap;
  private readonly objects = new Set<number>();
  /** Bytes of all datasets when they are read. */
  private unpacked = 0;

  constructor(
    private readonly name: string,
    private readonly bytes: Uint8Array,
  ) {
    this.file = new Metadata(name, bytes);
    this.heap = new GlobalHeap(this.file);
  }

  root(): Hdf5Group {
    const root = this.object("/", this.rootAddress(), 0);
    if (root.kind === "dataset") throw damaged(this.name, "the root must be a group", "a group", "a dataset");
    checkExpansion(this.name, this.unpacked, this.bytes.length);
    return root;
  }

  private rootAddress(): number {
    const { name } = this;
    const start = this.file.block(8, 8).numbers("11111111");
    const [version = 0] = start;
    const [offsetSize, lengthSize] = version < 2 ? [start[5], start[6]] : [start[1], start[2]];
    if (![0, 1, 2, 3].includes(version)) throw unsupported(name, `version ${version} of superblocks`);
    if (offsetSize !== 8 || lengthSize !== 8) throw unsupported(name, `offsets of ${offsetSize} bytes`);
    // Versions 0 and 1: sizes of tree nodes and flags, four addresses, then the entry of the root group.
    const body = new Cursor(name, this.bytes, version === 0 ? 24 : version === 1 ? 28 : 12);
    const [base, , end = 0, root = 0] = body.numbers("8888");
    if (base !== 0) throw unsupported(name, "a file that does not begin with its superblock");
    if (end > this.bytes.length) throw damaged(name, "the file must have its size", end, this.bytes.length);
    return version < 2 ? body.skip(8).number(8) : root;
  }

  private object(path: string, address: number, depth: number): Hdf5Group | Hdf5Dataset {
    const { name, file, heap } = this;
    if (depth > MAX_DEPTH) throw damaged(name, "groups are nested too deeply", `at most ${MAX_DEPTH} levels`, "more");
    if (this.objects.has(address)) throw unsupported(name, "a second link to a group or dataset");
    this.objects.add(address);
    const messages = readMessages(file, address);
    const attributes = readAttributes(file, messages, heap);
    if (messages.some(({ type }) => type === LAYOUT)) return this.dataset(path, messages, attributes);
    const children = new Map<string, Hdf5Group | Hdf5Dataset>();
    for (const [child, at] of readLinks(file, messages))
      children.set(child, this.object(`${path === "/" ? "" : path}/${child}`, at, depth + 1));
    return { kind: "group", path, attributes, children };
  }

  private dataset(
    path: string,
    messages: readonly HeaderMessage[],
    attributes: ReadonlyMap<string, AttributeValue>,
  ): Hdf5Dataset {
    const { bytes } = this;
    const name = `${this.name}${path}`;
    const find = (type: number) => messages.find((message) => message.type === type)?.body;
    const need = (type: number, what: string) => {
      const found = find(type);
      if (!found) throw damaged(name, `a dataset must have ${what}`, what, "none");
      return found;
    };
    if (find(EXTERNAL)) throw unsupported(name, "data in another file");
    const datatype = readDatatype(name, need(DATATYPE, "a datatype"), attributes.get("dtype") === "bfloat16");
    const shape = readDataspace(name, need(DATASPACE, "a dataspace"));
    const layout = readLayout(name, need(LAYOUT, "a layout"), datatype.size);
    const filterMessage = find(FILTERS);
    const filters = filterMessage ? readFilters(name, filterMessage) : [];
    const count = sizeOf(name, shape);
    const size = count * datatype.size;
    if (layout.kind === "chunked") {
      if (layout.chunk.length !== shape.length || shape.length === 0)
        throw damaged(name, "chunks must have the axes of their dataset", shape.length, layout.chunk.length);
      // Whole chunks are unpacked, also where they reach over the end.
      const chunks = shape.reduce(
        (product, extent, axis) => product * Math.ceil(extent / (layout.chunk[axis] as number)),
        1,
      );
      this.unpacked += chunks * layout.chunk.reduce((a, b) => a * b, datatype.size) + size;
    } else {
      this.unpacked += size;
      if (size > 0 && !isUndefined(layout.address) && layout.size < size)
        throw damaged(name, "the data must have its size", size, layout.size);
      if (!isUndefined(layout.address)) new Metadata(name, bytes).block(layout.address, layout.size);
    }
    const read = async () => {
      const data =
        layout.kind === "chunked"
          ? // Keras writes none: loaded by those who meet one.
            await (await import("./chunks.ts")).readChunks(name, bytes, layout, shape, filters, datatype.size)
          : isUndefined(layout.address) || size === 0
            ? new Uint8Array(size)
            : bytes.subarray(layout.address, layout.address + size);
      // Strings in heaps: a bound of their own for each reading.
      return valuesOf(name, datatype, new Cursor(name, data), count, new GlobalHeap(new Metadata(name, bytes)));
    };
    return { kind: "dataset", path, shape, dtype: datatype.dtype, attributes, read };
  }
}

// Opens HDF5 files in the form in which Keras writes weights; what other files have comes from rest.ts.
import { Cursor } from "../binary.ts";
import { damaged, fileError, unsupported } from "../file-error.ts";
import { checkExpansion } from "../limits.ts";
import type { NumberArray } from "../numbers.ts";
import { needsRest, withRest } from "../with-rest.ts";
import type { AttributeValue } from "./attributes.ts";
import { type Datatype, type Dtype, readPlainDatatype } from "./datatype.ts";
import { readLinks } from "./groups.ts";
import { DATASPACE, DATATYPE, EXTERNAL, FILTERS, type HeaderMessage, LAYOUT, readMessages } from "./messages.ts";
import { Metadata } from "./metadata.ts";
import { type Layout, pieceAt, sizeOf } from "./piece.ts";
import { isHdf5 } from "./signature.ts";

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

/**
 * Opens an HDF5 file whose attributes are not needed: they are left out. Numbers are read later, by
 * {@link Hdf5Dataset.read}, from the same bytes.
 * @param name what is read, for messages.
 * @throws FileError on a damaged file, and on what is not supported, by its name.
 */
export async function openWeights(bytes: Uint8Array, name: string): Promise<Hdf5Group> {
  return withRest(
    (rest?: Rest) => open(bytes, name, rest),
    () => import("./rest.ts"),
  );
}

/** As {@link openWeights}. With `rest`, attributes are read, too; without, it throws {@link needsRest} where needed. */
export function open(bytes: Uint8Array, name: string, rest?: Rest): Hdf5Group {
  if (!isHdf5(bytes))
    throw fileError(name, {
      rule: "an HDF5 file must have its signature",
      expected: "an HDF5 file",
      received: "another",
    });
  return new Opening(name, bytes, rest).root();
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

/** What reads the forms that Keras does not write. */
type Rest = typeof import("./rest.ts");

class Opening {
  private readonly file: Metadata;
  private readonly objects = new Set<number>();
  /** Bytes of all datasets when they are read. */
  private unpacked = 0;
  private readonly attributesOf: ReturnType<Rest["attributeReader"]>;

  constructor(
    private readonly name: string,
    private readonly bytes: Uint8Array,
    private readonly given: Rest | undefined,
  ) {
    this.file = new Metadata(name, bytes);
    const none: ReadonlyMap<string, AttributeValue> = new Map();
    this.attributesOf = given?.attributeReader(this.file) ?? (() => none);
  }

  private get rest(): Rest {
    if (this.given) return this.given;
    throw needsRest;
  }

  root(): Hdf5Group {
    const root = this.object("/", this.rootAddress(), 0);
    if (root.kind === "dataset") throw damaged(this.name, "the root must be a group", "a group", "a dataset");
    checkExpansion(this.name, this.unpacked, this.bytes.length);
    return root;
  }

  private rootAddress(): number {
    const { name, bytes, file } = this;
    const [version = 0, , , , , offsetSize, lengthSize] = file.block(8, 8).numbers("11111111");
    const isPlain = version === 0 && offsetSize === 8 && lengthSize === 8;
    // In versions 0 and 1, the entry of the root group follows the addresses.
    const body = new Cursor(name, bytes, isPlain ? 24 : this.rest.addressesAt(file));
    const [base, , end = 0, root = 0] = body.numbers("8888");
    if (base !== 0) throw unsupported(name, "a file that does not begin with its superblock");
    if (end > bytes.length) throw damaged(name, "the file must have its size", end, bytes.length);
    return version < 2 ? body.skip(8).number(8) : root;
  }

  private object(path: string, address: number, depth: number): Hdf5Group | Hdf5Dataset {
    const { name, file } = this;
    if (depth > MAX_DEPTH) throw damaged(name, "groups are nested too deeply", `at most ${MAX_DEPTH} levels`, "more");
    if (this.objects.has(address)) throw unsupported(name, "a second link to a group or dataset");
    this.objects.add(address);
    const messages = readMessages(file, address) ?? this.rest.readHeader(file, address);
    const attributes = this.attributesOf(messages);
    if (messages.some(({ type }) => type === LAYOUT)) return this.dataset(path, messages, attributes);
    const children = new Map<string, Hdf5Group | Hdf5Dataset>();
    for (const [child, at] of readLinks(file, messages, (message, add) => this.rest.readLinks(file, message, add)))
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
    const type = need(DATATYPE, "a datatype");
    const { dtype, size, valuesOf }: Datatype =
      readPlainDatatype(type) ?? this.rest.readDatatype(name, type, bytes, attributes.get("dtype") === "bfloat16");
    const space = need(DATASPACE, "a dataspace");
    const shape = readPlainDataspace(space) ?? this.rest.readDataspace(name, space);
    const body = need(LAYOUT, "a layout");
    const count = sizeOf(name, shape);
    const total = count * size;
    const { unpacked, read } =
      this.contiguous(name, body, total) ?? this.rest.readLayout(name, bytes, body, find(FILTERS), shape, size);
    this.unpacked += unpacked;
    return {
      kind: "dataset",
      path,
      shape,
      dtype,
      attributes,
      read: async () => valuesOf(new Cursor(name, await read()), count),
    };
  }

  /** Bytes that lie in one piece; undefined where they lie otherwise. */
  private contiguous(name: string, body: Cursor, size: number): Layout | undefined {
    const start = body.at;
    if (body.numbers("11").join() !== "3,1") {
      body.at = start;
      return undefined;
    }
    const [address = 0, length = 0] = body.numbers("88");
    return pieceAt(name, this.bytes, address, length, size);
  }
}

/** The extents of a dataspace of version 1; undefined for other versions. */
function readPlainDataspace(cursor: Cursor): number[] | undefined {
  const start = cursor.at;
  const [version, rank = 0] = cursor.numbers("11114");
  if (version === 1 && rank <= 32) return cursor.numbers("8".repeat(rank));
  cursor.at = start;
  return undefined;
}

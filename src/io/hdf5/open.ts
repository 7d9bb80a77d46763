// Opens HDF5 files in the form in which Keras writes weights; what other files have comes from rest.ts.
import { Cursor } from "../binary.ts";
import { damaged, fileError, unsupported } from "../file-error.ts";
import { checkExpansion } from "../limits.ts";
import type { NumberArray } from "../numbers.ts";
import { restOf, withRest } from "../with-rest.ts";
import type { AttributeValue } from "./attributes.ts";
import { type Datatype, type Dtype, readPlainDatatype } from "./datatype.ts";
import { readLinks } from "./groups.ts";
import { DATASPACE, DATATYPE, EXTERNAL, FILTERS, type HeaderMessage, LAYOUT, readMessages } from "./messages.ts";
import { Metadata } from "./metadata.ts";
import { pieceAt, sizeOf } from "./piece.ts";
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

/** As {@link openWeights}. With `given`, attributes are read, too; without, see {@link restOf}. */
export function open(bytes: Uint8Array, name: string, given?: Rest): Hdf5Group {
  if (!isHdf5(bytes))
    throw fileError(name, {
      rule: "an HDF5 file must have its signature",
      expected: "an HDF5 file",
      received: "another",
    });
  const file = new Metadata(name, bytes);
  const none: ReadonlyMap<string, AttributeValue> = new Map();
  const attributesOf = given?.attributeReader(file) ?? (() => none);
  const rest = (): Rest => restOf({ rest: given });
  const objects = new Set<number>();
  /** Bytes of all datasets when they are read. */
  let total = 0;

  const object = (path: string, address: number, depth: number): Hdf5Group | Hdf5Dataset => {
    if (depth > MAX_DEPTH) throw damaged(name, "groups are nested too deeply", `at most ${MAX_DEPTH} levels`, "more");
    if (objects.has(address)) throw unsupported(name, "a second link to a group or dataset");
    objects.add(address);
    const messages = readMessages(file, address) ?? rest().readHeader(file, address);
    const attributes = attributesOf(messages);
    if (messages.some(({ type }) => type === LAYOUT)) return dataset(path, messages, attributes);
    const children = new Map<string, Hdf5Group | Hdf5Dataset>();
    for (const [child, at] of readLinks(file, messages, (message, add) => rest().readLinks(file, message, add)))
      children.set(child, object(`${path === "/" ? "" : path}/${child}`, at, depth + 1));
    return { kind: "group", path, attributes, children };
  };

  const dataset = (
    path: string,
    messages: readonly HeaderMessage[],
    attributes: ReadonlyMap<string, AttributeValue>,
  ): Hdf5Dataset => {
    const shown = `${name}${path}`;
    const find = (type: number) => messages.find((message) => message.type === type)?.body;
    const need = (type: number, what: string) => {
      const found = find(type);
      if (!found) throw damaged(shown, `a dataset must have ${what}`, what, "none");
      return found;
    };
    if (find(EXTERNAL)) throw unsupported(shown, "data in another file");
    const type = need(DATATYPE, "a datatype");
    const { dtype, size, valuesOf }: Datatype =
      readPlainDatatype(type) ?? rest().readDatatype(shown, type, bytes, attributes.get("dtype") === "bfloat16");
    const space = need(DATASPACE, "a dataspace");
    // Version 1: the extents are behind eight bytes.
    const [spaceVersion, rank = 0] = bytes.subarray(space.at);
    const shape =
      spaceVersion === 1 && rank <= 32 ? space.skip(8).numbers("8".repeat(rank)) : rest().readDataspace(shown, space);
    const body = need(LAYOUT, "a layout");
    const count = sizeOf(shown, shape);
    // Version 3, all in one piece.
    const [version, kind] = bytes.subarray(body.at);
    const { unpacked, read } =
      version === 3 && kind === 1
        ? pieceAt(shown, bytes, body.skip(2).number(8), body.number(8), count * size)
        : rest().readLayout(shown, bytes, body, find(FILTERS), shape, size);
    total += unpacked;
    return {
      kind: "dataset",
      path,
      shape,
      dtype,
      attributes,
      read: async () => valuesOf(new Cursor(shown, await read()), count),
    };
  };

  const [version, , , , , offsetSize, lengthSize] = file.block(8, 8).numbers("11111111");
  const isPlain = version === 0 && offsetSize === 8 && lengthSize === 8;
  // In versions 0 and 1, the entry of the root group follows the addresses.
  const addresses = new Cursor(name, bytes, isPlain ? 24 : rest().addressesAt(file));
  const [base, , end, start] = addresses.numbers("8888");
  if (base !== 0) throw unsupported(name, "a file that does not begin with its superblock");
  if (end > bytes.length) throw damaged(name, "the file must have its size", end, bytes.length);
  const root = object("/", version < 2 ? addresses.skip(8).number(8) : start, 0);
  if (root.kind === "dataset") throw damaged(name, "the root must be a group", "a group", "a dataset");
  checkExpansion(name, total, bytes.length);
  return root;
}

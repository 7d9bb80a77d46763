// Writes HDF5 files with what the package does not write: texts in datasets, attributes of all kinds.
import { bytesOf, join } from "../src/io/binary.ts";
import { unsupported } from "../src/io/file-error.ts";
import { datatypeOf } from "../src/io/hdf5/datatype.ts";
import { attribute, Hdf5Writer, type Message, textType } from "../src/io/hdf5/write.ts";
import type { NumberArray } from "../src/io/numbers.ts";

/** What an attribute can be: a text, several, a number (written as float64), or an array of numbers. */
export type WrittenAttribute = string | number | readonly string[] | NumberArray;

/** A dataset to be written. */
export interface WrittenDataset {
  readonly shape: readonly number[];
  /** In row-major order, as many as the shape has. */
  readonly data: NumberArray | readonly string[];
  readonly attributes?: ReadonlyMap<string, WrittenAttribute>;
}

/** A group to be written. */
export interface WrittenGroup {
  readonly children: ReadonlyMap<string, WrittenGroup | WrittenDataset>;
  readonly attributes?: ReadonlyMap<string, WrittenAttribute>;
}

/**
 * A file with a group as its root.
 * @throws FileError where data does not have its shape, names have slashes, or an object has more than 64 kB of
 * attributes in one (texts count 16 bytes).
 */
export const writeHdf5 = (root: WrittenGroup): Uint8Array[] => new Writer().file(root as never, textsIn(root));

class Writer extends Hdf5Writer {
  protected override group(group: WrittenGroup, path: string) {
    return super.group(group as never, path, this.attributes(group, path));
  }

  protected override dataset(dataset: WrittenDataset, path: string) {
    const { data } = dataset;
    return super.dataset(dataset as never, path, datatype(data), this.bytes(data), this.attributes(dataset, path));
  }

  /** The elements of numbers or texts. */
  private bytes(data: NumberArray | readonly string[]): Uint8Array {
    if (!Array.isArray(data)) return bytesOf(data as NumberArray);
    return join(data.map((text: string) => this.texts.get(text) as Uint8Array));
  }

  private attributes({ attributes }: WrittenGroup | WrittenDataset, path: string): Message[] {
    return [...(attributes ?? [])].map(([name, value]) => {
      const data = typeof value === "string" ? [value] : typeof value === "number" ? Float64Array.of(value) : value;
      const shape = typeof value === "string" || typeof value === "number" ? [] : [value.length];
      const message = attribute(name, datatype(data), shape, this.bytes(data));
      if (message[1].length > 64000) throw unsupported(path, `an attribute of more than 64 kB (${name})`);
      return message;
    });
  }
}

const datatype = (data: NumberArray | readonly string[]): Uint8Array =>
  Array.isArray(data) ? textType : datatypeOf(data as NumberArray);

/** All texts in attributes and datasets. */
function textsIn(node: WrittenGroup | WrittenDataset): string[] {
  const values = [...(node.attributes?.values() ?? []), ...("data" in node ? [node.data] : [])];
  const own = values.flatMap((value) =>
    typeof value === "string" ? [value] : Array.isArray(value) ? (value as string[]) : [],
  );
  return "data" in node ? own : [...own, ...[...node.children.values()].flatMap(textsIn)];
}

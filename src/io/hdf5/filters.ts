// Which filters the chunks of an HDF5 dataset went through.
import type { Cursor } from "../binary.ts";
import { unsupported } from "../file-error.ts";

/** The filters that are read, and those that are often met, by their numbers. */
const names: Readonly<Record<number, string>> = {
  1: "gzip",
  2: "shuffle",
  3: "fletcher32",
  4: "szip",
  5: "nbit",
  6: "scaleoffset",
  32000: "lzf",
  32001: "blosc",
  32004: "lz4",
  32008: "bitshuffle",
  32015: "zstd",
};

/** The numbers of a dataset's filters, in the order of writing. @throws FileError on one that is not supported. */
export function readFilters(name: string, body: Cursor): number[] {
  const [version, count] = body.numbers("11");
  if (version === 1) body.skip(6);
  else if (version !== 2) throw unsupported(name, `version ${version} of filters`);
  return Array.from({ length: count }, () => {
    const id = body.number(2);
    const nameLength = version === 1 || id >= 256 ? body.number(2) : 0;
    const [, values] = body.numbers("22");
    body.skip(version === 1 ? 8 * Math.ceil(nameLength / 8) : nameLength);
    body.skip(4 * (version === 1 ? values + (values % 2) : values));
    if (id < 1 || id > 3) throw unsupported(name, `the filter ${names[id] ?? id}`, "Write it with gzip or without.");
    return id;
  });
}

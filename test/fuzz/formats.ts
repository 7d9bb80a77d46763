// The readers that are tried with broken files, and sound files to begin with.
import type { Hdf5Dataset, Hdf5Group } from "../../src/io/hdf5/open.ts";
import { openHdf5 } from "../../src/io/hdf5/read.ts";
import { parseJson } from "../../src/io/json.ts";
import { openSafetensors } from "../../src/io/safetensors/read.ts";
import { openZip } from "../../src/io/zip/read.ts";
import { foreignFiles } from "../unit/io-support.ts";

/** A format: sound files, and a function that reads all that is in a file. */
export interface Format {
  readonly name: string;
  readonly files: readonly Uint8Array[];
  read(bytes: Uint8Array): Promise<void>;
  /** How files are changed. Default {@link mutate}, anywhere. */
  mutate?(bytes: Uint8Array, random: () => number): Uint8Array;
}

async function readAll(node: Hdf5Group | Hdf5Dataset): Promise<void> {
  if (node.kind === "dataset") await node.read();
  else for (const child of node.children.values()) await readAll(child);
}

/** All formats. A new format of files gets an entry here. */
export async function formats(): Promise<readonly Format[]> {
  const { files } = await foreignFiles();
  // Large files need many changes until one hits a structure.
  const those = (ending: string) =>
    [...files].flatMap(([name, bytes]) => (name.endsWith(ending) && bytes.length < 50_000 ? [bytes] : []));
  return [
    { name: "HDF5", files: those(".h5"), read: async (bytes) => readAll(openHdf5(bytes)) },
    {
      name: "zip",
      files: [...those(".zip"), ...those(".keras")],
      read: async (bytes) => {
        for (const entry of openZip(bytes).values()) await entry.read();
      },
    },
    {
      name: "safetensors",
      files: those(".safetensors"),
      read: async (bytes) => {
        for (const tensor of openSafetensors(bytes).tensors.values()) tensor.read();
      },
    },
    {
      name: "JSON",
      files: ['{"a":{"b":[1,-2.5e3,true,null,"x\\"\\\\"]},"ä\\u00e4":{"a":{}},"c":[[],[{}],"{"]}'].map((text) =>
        new TextEncoder().encode(text),
      ),
      read: async (bytes) => {
        parseJson("json", bytes);
      },
    },
  ];
}

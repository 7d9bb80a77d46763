// Saves one of two files again and again, until it is killed. Run by kill.ts with the path to save to.
import { writeHdf5 } from "../../src/io/hdf5/write.ts";
import { writeTarget } from "../../src/io/stores/files.ts";
import { writeZip } from "../../src/io/zip/write.ts";

const target = process.argv[2] as string;
const archiveOf = (value: number, size: number) => {
  const weights = { shape: [size], data: new Float32Array(size).fill(value) };
  return writeZip([{ name: "model.weights.h5", parts: writeHdf5({ children: new Map([["weights", weights]]) }) }]);
};
// Of different sizes, so that a mixture is noticed.
const files = [archiveOf(1, 300_000), archiveOf(2, 500_000)];
for (let i = 0; ; i++) {
  await writeTarget(target, files[i % 2] as Uint8Array[]);
  if (i === 0) console.log("first");
}

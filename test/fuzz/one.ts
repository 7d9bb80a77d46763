/** Reads the mutated file of one seed again: `npx tsx test/fuzz/one.ts HDF5 3321`. */
import { allFormats } from "./all.ts";
import { fileOf } from "./run.ts";

const [name, seed] = process.argv.slice(2);
const format = (await allFormats()).find((format) => format.name === name);
if (!format) throw new Error(`one: there is no format ${name}`);
const bytes = fileOf(format, Number(seed));
const start = process.cpuUsage();
await format.read(bytes).then(() => console.log("read"), console.error);
const { user, system } = process.cpuUsage(start);
console.log(`${bytes.length} bytes, ${((user + system) / 1000).toFixed(0)} ms of the processor`);

// Node, Deno and Bun: trains with the threads asked for, and prints what came out.
import * as aretejs from "aretejs";
import { train } from "./train.mjs";

const threads = Number(process.argv[2]);
console.log(JSON.stringify(await train(aretejs, await aretejs.wasm({ threads }))));

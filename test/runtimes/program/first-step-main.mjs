// Node, Deno and Bun: how long a process takes that does nothing but one step.
import { firstStep } from "./train.mjs";

console.log(JSON.stringify(await firstStep(() => import("aretejs"))));

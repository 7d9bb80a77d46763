/** All suites: `npm run bench [-- --json]`. Ratios are what to quote: absolute times on shared machines are noise. */
import { benchGc } from "./gc.ts";
import { benchGemm } from "./gemm.ts";
import { benchLimits } from "./limits.ts";
import { benchMemory } from "./memory.ts";
import { benchStep } from "./step.ts";

const json = process.argv.includes("--json");
await benchGemm(json);
await benchStep(json);
await benchLimits(json);
await benchMemory(json);
await benchGc(json);

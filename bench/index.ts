/** All suites: `npm run bench [-- --json]`. Ratios are what to quote: absolute times on shared machines are noise. */
import { benchGemm } from "./gemm.ts";
import { benchStep } from "./step.ts";
import { benchThreads } from "./threads.ts";

const json = process.argv.includes("--json");
await benchGemm(json);
await benchStep(json);
await benchThreads(json);

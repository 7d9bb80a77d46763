/**
 * All suites: `npm run bench [-- --json] [-- --filter=gemm]`. Ratios are what to quote: absolute times on shared
 * machines are noise. A filter is matched with names of suites, and with rows of gemm, kernels and threads.
 */
import { benchGc } from "./gc.ts";
import { benchGemm } from "./gemm.ts";
import { benchKernels } from "./kernels.ts";
import { benchLimits } from "./limits.ts";
import { benchMemory } from "./memory.ts";
import { chosen } from "./options.ts";
import { benchStep } from "./step.ts";
import { benchThreads } from "./threads.ts";

const options = chosen();
const { json, filter } = options;
await benchGemm(options);
await benchKernels(options);
const wholes = { step: benchStep, limits: benchLimits, memory: benchMemory, gc: benchGc };
for (const [suite, run] of Object.entries(wholes)) if (filter.test(suite)) await run(json);
await benchThreads(options);

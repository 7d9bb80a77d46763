import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { memoryOf, workerdProcesses } from "./memory.ts";
import { workerd } from "./miniflare.ts";
import { run } from "./processes.ts";

/** What the handler answers. */
interface Answer {
  readonly accuracy: number;
  readonly predictions: readonly { readonly class: string; readonly probability: number }[];
  readonly weights: readonly object[];
  readonly linearMemory: number;
  readonly error?: string;
}

/** What the example did: faults, and the memory of the whole runtime, in bytes. */
export interface Outcome {
  readonly faults: readonly string[];
  /** The most in requests one after another, and with three at a time after them. */
  readonly peak: number;
  readonly peakOfThree: number;
  readonly idle: number;
  /** By how much memory is larger after {@link many} requests than after a fifth of them. */
  readonly growth: number;
  readonly linearMemory: number;
}

/**
 * One after another. A local workerd has no limit of memory, so the more there are the later it collects what earlier
 * ones left.
 */
const requests = 12;

/** Requests over which memory must not grow. */
const many = 1000;

/** Embeddings of 384 numbers around one of two directions. */
function task(
  seed: number,
  examples = 200,
): { classes: string[]; examples: { embedding: number[]; class: string }[]; queries: number[][] } {
  let state = seed;
  const noise = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const embedding = (kind: number) => Array.from({ length: 384 }, (_, i) => noise() + (i % 2 === kind ? 0.15 : -0.15));
  const classes = ["keep", "drop"];
  return {
    classes,
    examples: Array.from({ length: examples }, (_, i) => ({
      embedding: embedding(i % 2),
      class: classes[i % 2] as string,
    })),
    queries: [embedding(0), embedding(1)],
  };
}

/**
 * Bundles examples/workers with wrangler, runs it in workerd, sends it tasks one after another and at the same time,
 * good ones and bad ones.
 */
export async function workersExample(scratch: string): Promise<Outcome> {
  const project = join(scratch, "workers-example");
  mkdirSync(project);
  cpSync(fileURLToPath(new URL("../../examples/workers", import.meta.url)), project, { recursive: true });
  const bundled = join(project, "bundled");
  const wrangler = fileURLToPath(new URL("node_modules/wrangler/bin/wrangler.js", import.meta.url));
  await run(project, [process.execPath, wrangler, "deploy", "--dry-run", "--outdir", bundled]);
  const before = new Set(workerdProcesses());
  const worker = workerd(bundled, "index.js", "**/*.js");
  try {
    const url = await worker.ready;
    const post = async (body: string) => {
      const response = await fetch(url, { method: "POST", body });
      return { status: response.status, answer: (await response.json()) as Answer };
    };
    const [pid = 0] = workerdProcesses().filter((pid) => !before.has(pid));
    const idle = memoryOf(pid, "VmHWM");
    const faults: string[] = [];
    const expect = (holds: boolean, fault: string) => {
      if (!holds) faults.push(fault);
    };
    const answers = [];
    for (let i = 0; i < requests; i++) answers.push(await post(JSON.stringify(task(i + 1))));
    const peak = memoryOf(pid, "VmHWM");
    answers.push(...(await Promise.all([1, 2, 3].map((seed) => post(JSON.stringify(task(seed)))))));
    for (const { status, answer } of answers) {
      expect(
        status === 200 && answer.accuracy > 0.95,
        `examples/workers: status ${status}, accuracy ${answer.accuracy}, ${answer.error ?? ""}`,
      );
      expect(
        answer.predictions?.map((prediction) => prediction.class).join() === "keep,drop",
        `examples/workers: answers ${JSON.stringify(answer.predictions)}`,
      );
    }
    const first = task(1);
    const more = await post(JSON.stringify({ ...first, weights: answers[0]?.answer.weights }));
    expect(
      more.status === 200 && more.answer.accuracy === 1,
      `examples/workers: on from its weights: ${more.status}, accuracy ${more.answer.accuracy}`,
    );
    const wrong = await post(JSON.stringify({ ...first, examples: [{ embedding: [1, 2], class: "neither" }] }));
    expect(
      wrong.status === 400 && /^\S.*Expected .*received/.test(wrong.answer.error ?? ""),
      `examples/workers: a wrong label: ${JSON.stringify(wrong)}`,
    );
    const broken = await post("{");
    expect(broken.status === 400, `examples/workers: broken JSON: ${broken.status}`);
    const peakOfThree = memoryOf(pid, "VmHWM");
    const linearMemory = Math.max(...answers.map(({ answer }) => answer.linearMemory));
    let early = Number.NaN;
    for (let i = 0; i < many; i++) {
      if (i === many / 5) early = memoryOf(pid, "VmRSS");
      const { status, answer } = await post(JSON.stringify(task(i, 8)));
      expect(
        status === 200 && answer.linearMemory === linearMemory,
        `examples/workers: request ${i}: status ${status}, linear memory ${answer.linearMemory}`,
      );
    }
    return { faults, peak, peakOfThree, idle, growth: memoryOf(pid, "VmRSS") - early, linearMemory };
  } finally {
    await worker.dispose();
  }
}

/**
 * Matrix products against the limit: the same instance's loop of multiply-adds without memory traffic, interleaved.
 *
 * Ratios compare the best times of both over undisturbed repeats (witness.ts); medians stand beside.
 *
 *     npm run build:wasm && npx tsx bench/gemm.ts [--json] [--filter=512]
 *
 * Plain Node 20 measures only the plain build: `npx tsx --experimental-wasm-relaxed-simd bench/gemm.ts` measures both.
 */
import { readFileSync } from "node:fs";
import { Bench } from "tinybench";
import { matmulScratchBytes } from "../src/backends/wasm/gemm-scratch.ts";
import { coreSlots, heapBase, tableSize } from "../src/backends/wasm/generated/core-slots.ts";
import { chosen, median, type Options } from "./options.ts";
import { rooflineOf } from "./roofline.ts";
import { rooflineFlops } from "./roofline-loop.ts";
import { undisturbed } from "./undisturbed.ts";
import { type Witness, withWitness } from "./witness.ts";

type Layout = "NN" | "TN" | "NT";
type Shape = readonly [layout: Layout, m: number, n: number, k: number];

const squares: Shape[] = [64, 128, 256, 512, 1024].flatMap((n) =>
  (["NN", "TN", "NT"] as const).map((layout): Shape => [layout, n, n, n]),
);
/** All products of a training step of an MLP 784-300-100-10 at batch 32: forward, weight gradients, input gradients. */
const mlp: Shape[] = [
  ["NN", 32, 300, 784],
  ["NN", 32, 100, 300],
  ["NN", 32, 10, 100],
  ["TN", 784, 300, 32],
  ["TN", 300, 100, 32],
  ["TN", 100, 10, 32],
  ["NT", 32, 300, 100],
  ["NT", 32, 100, 10],
];
const thin: Shape[] = [
  ["NN", 1, 1024, 1024],
  ["NT", 1, 1024, 1024],
  ["NN", 1024, 1, 1024],
  ["NN", 4, 300, 784],
];

/** Repeats of the pair, each a few milliseconds: enough to find both undisturbed on a shared machine. */
const repeats = 25;

interface Exports {
  execute(program: number, count: number, thread: number, threads: number, stride: number, control: number): void;
}

/** One build of the kernels on a memory of its own. */
export class Kernels {
  private readonly memory = new WebAssembly.Memory({ initial: 400 });
  private readonly exports: Exports;
  private readonly base = Math.ceil(heapBase / 64) * 64;

  /** @param roofline the loop to compare with, of the same build. */
  constructor(
    module: WebAssembly.Module,
    readonly roofline: () => void,
  ) {
    const table = new WebAssembly.Table({ element: "anyfunc", initial: tableSize });
    this.exports = new WebAssembly.Instance(module, { env: { memory: this.memory, table } })
      .exports as unknown as Exports;
  }

  /** Lays out operands and a program of one matmul record; returns what runs it. */
  product([layout, m, n, k]: Shape): () => void {
    const floats = new Float32Array(this.memory.buffer);
    const a = this.base + 1024;
    const b = a + Math.ceil((m * k) / 16) * 64;
    const c = b + Math.ceil((k * n) / 16) * 64;
    const scratch = c + Math.ceil((m * n) / 16) * 64;
    if (scratch + matmulScratchBytes(m, n, k) > floats.byteLength)
      throw new Error("bench/gemm: the memory is too small for this shape.");
    for (let i = a / 4; i < c / 4; i++) floats[i] = Math.sin(i);
    const aStrides = layout === "TN" ? [1, m] : [k, 1];
    const bStrides = layout === "NT" ? [1, k] : [n, 1];
    const header = [coreSlots.matmul, 0, 0, 0];
    new Int32Array(this.memory.buffer).set(
      [...header, a, b, c, 1, m, n, k, ...aStrides, ...bStrides, 0, 0, scratch, 0, 0, 0],
      this.base / 4,
    );
    return () => this.exports.execute(this.base, 1, 0, 1, 0, 0);
  }
}

interface Result {
  readonly name: string;
  readonly flops: number;
  /** Best GFLOP/s of the product and of the loop. */
  readonly product: number;
  readonly loop: number;
  /** Median GFLOP/s of the product, and of the loop. */
  readonly usual: number;
  readonly usualLoop: number;
  /** Repeats that were left out. */
  readonly dropped: number;
}

async function measure(kernels: Kernels, shape: Shape, witness: Witness): Promise<Result> {
  const [layout, m, n, k] = shape;
  const flops = 2 * m * n * k;
  const run = kernels.product(shape);
  // Small products in batches, so that the clock's steps do not count.
  const calls = Math.max(1, Math.round(5e6 / flops));
  const product = () => {
    for (let i = 0; i < calls; i++) run();
  };
  let isFirst = true;
  const repeat = async () => {
    const bench = new Bench({ time: 10, iterations: 3, warmup: isFirst, warmupTime: 30 });
    isFirst = false;
    bench.add("loop", kernels.roofline).add("product", product);
    const [loop, timed] = await bench.run();
    if (loop?.result.state !== "completed" || timed?.result.state !== "completed")
      throw new Error("bench/gemm: a task did not complete.");
    return { loop: loop.result.latency, product: timed.result.latency };
  };
  const { kept, dropped } = await undisturbed(async () => [await witness.sample(repeat)] as const, {
    wanted: repeats,
    most: 2 * repeats,
  });
  const rates = (work: number, side: "loop" | "product", which: "min" | "p50") =>
    kept.map(([{ value }]) => work / value[side][which] / 1e6);
  return {
    name: `${layout} ${m}×${n}×${k}`,
    flops,
    product: Math.max(...rates(flops * calls, "product", "min")),
    loop: Math.max(...rates(rooflineFlops, "loop", "min")),
    usual: median(rates(flops * calls, "product", "p50")),
    usualLoop: median(rates(rooflineFlops, "loop", "p50")),
    dropped,
  };
}

/** The same work as one: its flops over the sum of its times. */
function together(name: string, results: readonly Result[]): Result {
  const flops = results.reduce((sum, { flops }) => sum + flops, 0);
  const over = (rate: (result: Result) => number) =>
    flops / results.reduce((sum, result) => sum + result.flops / rate(result), 0);
  const best = { product: over((result) => result.product), loop: over((result) => result.loop) };
  const usual = { usual: over((result) => result.usual), usualLoop: over((result) => result.usualLoop) };
  return { name, flops, ...best, ...usual, dropped: results.reduce((sum, { dropped }) => sum + dropped, 0) };
}

function report(build: string, { name, product, loop, usual, usualLoop, dropped }: Result, json: boolean): void {
  const round = (value: number, digits: number) => Number(value.toFixed(digits));
  if (json) {
    const line = {
      suite: "gemm",
      case: `${build} ${name}`,
      ours: round(product, 2),
      peer: round(loop, 2),
      peerName: "madd loop",
      unit: "GFLOP/s",
    };
    console.log(
      JSON.stringify({ ...line, ratio: round(product / loop, 3), medianRatio: round(usual / usualLoop, 3), dropped }),
    );
  } else {
    const rates = `${product.toFixed(1).padStart(6)} of ${loop.toFixed(1)} GFLOP/s`;
    console.log(
      `${build.padEnd(8)} ${name.padEnd(20)} ${rates}  ${(product / loop).toFixed(2)}  (medians ${usual.toFixed(1)} of ${usualLoop.toFixed(1)}, ${(usual / usualLoop).toFixed(2)}; ${dropped} left out)`,
    );
  }
}

export function benchGemm(options: Options): Promise<void> {
  return withWitness(1, (witness) => benchBuilds(options, witness));
}

async function benchBuilds({ json, filter }: Options, witness: Witness): Promise<void> {
  for (const build of ["simd", "relaxed"] as const) {
    const binary = readFileSync(
      new URL(build === "simd" ? "../build/core.wasm" : "../build/core-relaxed.wasm", import.meta.url),
    );
    if (!WebAssembly.validate(binary)) {
      if (!json) console.log(`${build}: this engine does not have it`);
      continue;
    }
    const kernels = new Kernels(new WebAssembly.Module(binary), await rooflineOf(build));
    const step: Result[] = [];
    for (const shape of [...squares, ...mlp, ...thin].filter(([layout, ...extents]) =>
      filter.test(`gemm ${build} ${layout} ${extents.join("×")}`),
    )) {
      const result = await measure(kernels, shape, witness);
      report(build, result, json);
      if (mlp.includes(shape)) step.push(result);
    }
    if (step.length === mlp.length) report(build, together("the MLP's eight", step), json);
  }
}

if (process.argv[1]?.endsWith("gemm.ts")) await benchGemm(chosen());

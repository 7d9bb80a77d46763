/**
 * Kernels against the limit that holds for each: the multiply-add loop of the same instance, or a copy of as many bytes
 * as the kernel must move at least (half of them read, half written). Interleaved with it; best and median times of
 * undisturbed repeats, as in bench/gemm.ts.
 *
 *     npm run build:wasm && npx tsx bench/kernels.ts [--json] [--filter=adam]
 */
import { bind } from "../src/backends/evaluate.ts";
import { wasm } from "../src/backends/wasm/index.ts";
import { compile } from "../src/compiler/compile.ts";
import { sizeOf } from "../src/ir/shape.ts";
import { adam } from "../src/optim/adam.ts";
import { gradients } from "../src/tensor/autodiff.ts";
import * as ops from "../src/tensor/ops/index.ts";
import type { Tensor } from "../src/tensor/tensor.ts";
import { Variable } from "../src/tensor/variable.ts";
import { chosen, median, type Options } from "./options.ts";
import { rooflineOf } from "./roofline.ts";
import { rooflineFlops } from "./roofline-loop.ts";
import { undisturbed } from "./undisturbed.ts";
import { type Witness, withWitness } from "./witness.ts";

interface Case {
  readonly name: string;
  readonly outputs: readonly Tensor[];
  readonly updates?: readonly (readonly [Variable, Tensor])[];
  /** Bytes that must be read and written, or arithmetic operations. */
  readonly bytes?: number;
  readonly flops?: number;
}

const million = 2 ** 20;
const x = (...shape: number[]): Tensor => ops.placeholder("x", shape);
const bytesOf = (...tensors: readonly Tensor[]): number =>
  tensors.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);

/** A kernel whose inputs and outputs are read and written once. */
function mapping(name: string, input: Tensor, f: (input: Tensor) => Tensor): Case {
  const output = f(input);
  return { name, outputs: [output], bytes: bytesOf(input, output) };
}

function adamCase(): Case {
  const variable = new Variable([million], { initial: ops.randomNormal([million], { seed: 1, stream: 0 }) });
  const optimizer = adam();
  const updates = optimizer.apply([[variable, x(million)]], optimizer.scalars());
  return { name: "Adam, 1 M parameters", outputs: [], updates, bytes: 7 * 4 * million };
}

/** A convolution over images, its gradient in the images and in the filters. */
function convolutions(batch: number, size: number, channels: number, filters: number): Case[] {
  const image = ops.placeholder("x", [batch, size, size, channels]);
  const kernel = ops.placeholder("kernel", [3, 3, channels, filters]);
  const y = ops.conv(image, kernel);
  const [inputGrad, filterGrad] = gradients(ops.sum(ops.mul(y, ops.placeholder("dy", y.shape))), [image, kernel]) as [
    Tensor,
    Tensor,
  ];
  const flops = 2 * sizeOf(y.shape) * 9 * channels;
  const name = `${batch}×${size}×${size}×${channels}, 3×3, ${filters} filters`;
  return [
    { name: `convolution ${name}`, outputs: [y], flops },
    { name: `its input gradient`, outputs: [inputGrad], flops },
    { name: `its filter gradient`, outputs: [filterGrad], flops },
  ];
}

function batchNormalization(image: Tensor): Case[] {
  const channels = image.shape.at(-1) as number;
  const [gamma, beta] = [ops.placeholder("gamma", [channels]), ops.placeholder("beta", [channels])];
  const axes = image.shape.map((_, axis) => axis).slice(0, -1);
  const centred = ops.sub(image, ops.mean(image, axes, true));
  const y = ops.add(
    ops.mul(ops.mul(centred, ops.rsqrt(ops.add(ops.mean(ops.square(centred), axes, true), 1e-3))), gamma),
    beta,
  );
  const dx = gradients(ops.sum(ops.mul(y, ops.placeholder("dy", y.shape))), [image]) as [Tensor];
  return [
    // Statistics are a pass of their own, which must read everything before anything can be written.
    { name: "batch normalization", outputs: [y], bytes: bytesOf(image, image, y) },
    { name: "its gradient, forward included", outputs: dx, bytes: bytesOf(image, image, image, image, image, image) },
  ];
}

function poolings(image: Tensor): Case[] {
  const y = ops.maxPool(image, 2);
  const dx = gradients(ops.sum(ops.mul(y, ops.placeholder("dy", y.shape))), [image]) as [Tensor];
  return [
    mapping("maximum pooling 2×2", image, () => y),
    { name: "its gradient", outputs: dx, bytes: bytesOf(image, y, image) },
  ];
}

function cases(): Case[] {
  const image = x(32, 28, 28, 32);
  return [
    ...(["add", "mul"] as const).map((op) => mapping(`${op} 1 M and a number`, x(million), (t) => ops[op](t, 2))),
    ...(["exp", "log", "tanh", "sigmoid", "erf", "sqrt"] as const).map((op) =>
      mapping(`${op} 1 M`, x(million), ops[op]),
    ),
    mapping("relu 1 M", x(million), (t) => ops.maximum(t, 0)),
    mapping("bias and relu [32 K, 32]", x(32768, 32), (t) => ops.maximum(ops.add(t, ops.placeholder("bias", [32])), 0)),
    adamCase(),
    {
      name: "1 M random uniforms",
      outputs: [ops.randomUniform([million], { seed: 1, stream: 1 })],
      bytes: 4 * million,
    },
    { name: "1 M random normals", outputs: [ops.randomNormal([million], { seed: 1, stream: 1 })], bytes: 4 * million },
    mapping("dropout 1 M", x(million), (t) =>
      ops.mul(t, ops.randomBernoulli([million], { seed: 1, stream: 1, p: 0.8 })),
    ),
    mapping("softmax [8 K, 128]", x(8192, 128), ops.softmax),
    mapping("softmax [32 K, 10]", x(32768, 10), ops.softmax),
    mapping("sum of 1 M", x(million), ops.sum),
    mapping("sum over rows [8 K, 128]", x(8192, 128), (t) => ops.sum(t, -1)),
    mapping("sum over columns [8 K, 128]", x(8192, 128), (t) => ops.sum(t, 0)),
    mapping("argmax [8 K, 128]", x(8192, 128), (t) => ops.argmax(t)),
    mapping("argmax [32 K, 10]", x(32768, 10), (t) => ops.argmax(t)),
    ...batchNormalization(image),
    ...poolings(image),
    ...convolutions(32, 28, 1, 32),
    ...convolutions(32, 13, 32, 64),
    { name: "depthwise 32×28×28×32, 3×3", ...depthwise(image) },
  ];
}

function depthwise(image: Tensor): Pick<Case, "outputs" | "flops"> {
  const y = ops.depthwiseConv(image, ops.placeholder("kernel", [3, 3, 32, 1]));
  return { outputs: [y], flops: 2 * 9 * sizeOf(y.shape) };
}

const oneThread: object = { threads: 1 };

/** Times a kernel and its limit in turn: best and median milliseconds of each. */
async function measure({ outputs, updates = [], bytes, flops = 0 }: Case, witness: Witness) {
  const backend = await wasm(oneThread);
  const named = Object.fromEntries(outputs.map((output, index) => [`y${index}`, output]));
  const graph = compile({ outputs: named, updates });
  const executable = await bind(graph, backend);
  for (const name of Object.keys(graph.program.inputs)) {
    const port = executable.input(name);
    port.write(Float32Array.from({ length: port.size }, (_, i) => Math.sin(i)));
  }
  const half = Math.floor((bytes ?? 0) / 8);
  const room = new Float32Array(half * 2);
  const loop = await rooflineOf(backend.build);
  const copy = () => room.copyWithin(half, 0, half);
  const repeat = () => {
    const start = performance.now();
    executable.run();
    const middle = performance.now();
    if (bytes) copy();
    else loop();
    const end = performance.now();
    return { ours: middle - start, limit: bytes ? end - middle : ((end - middle) * flops) / rooflineFlops };
  };
  for (let i = 0; i < 8; i++) repeat();
  const { kept, dropped } = await undisturbed(async () => [await witness.sample(repeat)] as const, {
    wanted: 32,
    most: 64,
  });
  const times = kept.map(([{ value }]) => value);
  const best = {
    ours: Math.min(...times.map(({ ours }) => ours)),
    limit: Math.min(...times.map(({ limit }) => limit)),
  };
  const usual = { ours: median(times.map(({ ours }) => ours)), limit: median(times.map(({ limit }) => limit)) };
  backend.dispose();
  return { best, usual, dropped };
}

/** All rows of this suite. */
export function benchKernels(options: Options): Promise<void> {
  return withWitness(1, (witness) => benchRows(options, witness));
}

async function benchRows({ json, filter }: Options, witness: Witness): Promise<void> {
  for (const row of cases()) {
    if (!filter.test(`kernels ${row.name}`)) continue;
    const { best, usual, dropped } = await measure(row, witness);
    const ratio = Number((best.limit / best.ours).toFixed(3));
    const peerName = row.bytes ? "copy" : "madd loop";
    if (json) {
      const line = {
        suite: "kernels",
        case: row.name,
        ours: Number(best.ours.toFixed(4)),
        peer: Number(best.limit.toFixed(4)),
        peerName,
        unit: "ms",
        ratio,
      };
      console.log(JSON.stringify({ ...line, median: Number(usual.ours.toFixed(4)), dropped }));
    } else {
      const rate = row.bytes
        ? `${(row.bytes / best.ours / 1e6).toFixed(1)} GB/s`
        : `${((row.flops ?? 0) / best.ours / 1e6).toFixed(1)} GFLOP/s`;
      console.log(
        `${row.name.padEnd(44)} ${best.ours.toFixed(3).padStart(8)} ms ${rate.padStart(14)}  ${peerName} ${best.limit.toFixed(3)} ms  ${ratio.toFixed(2)}` +
          `  (medians ${usual.ours.toFixed(3)}, ${usual.limit.toFixed(3)}; ${dropped} left out)`,
      );
    }
  }
}

if (process.argv[1]?.endsWith("kernels.ts")) await benchKernels(chosen());

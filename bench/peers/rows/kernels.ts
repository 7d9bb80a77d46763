import { ops, type Tensor } from "../../../src/index.ts";
import { type Contest, relativeDistance } from "../contest.ts";
import { type JaxArray, jax, jaxArray, np } from "../rivals/jax.ts";
import { channelsFirst, filtersFirst } from "../rivals/layout.ts";
import { noise, type Operand, programOf } from "../rivals/ours.ts";
import { tf, useTfjs } from "../rivals/tfjs.ts";

type TfTensor = import("@tensorflow/tfjs-core").Tensor;

/** The same expression in three libraries, on operands that each holds already. Nothing is read back. */
interface Kernel {
  readonly suite: string;
  readonly case: string;
  readonly flops?: number;
  readonly operands: readonly Operand[];
  readonly ours: (...tensors: Tensor[]) => Tensor;
  readonly tfjs?: { readonly goal: number; readonly f: (...tensors: TfTensor[]) => TfTensor };
  readonly jax?: {
    readonly goal: number;
    readonly isSlow?: boolean;
    readonly f: (...arrays: JaxArray[]) => JaxArray;
    readonly operands?: readonly Operand[];
    readonly result?: (data: Float32Array) => Float32Array;
  };
}

const agreement = { measure: "the norm of the difference, relative to the norm of the result,", limit: 1e-5 };

function contestsOf({ tfjs, jax: jaxSide, ...kernel }: Kernel): Contest[] {
  const shared = {
    suite: kernel.suite,
    case: kernel.case,
    agreement,
    ...(kernel.flops === undefined ? {} : { flops: kernel.flops }),
  };
  const contests: Contest[] = [];
  if (tfjs) {
    contests.push({
      ...shared,
      peerName: "tfjs-wasm",
      goal: tfjs.goal,
      prepare: async () => {
        await useTfjs("wasm");
        const executable = await programOf(kernel.operands, kernel.ours);
        const tensors = kernel.operands.map(({ data, shape }) => tf.tensor(data, [...shape]));
        return {
          ours: { run: () => executable.run(), units: 1 },
          peer: { run: () => tfjs.f(...tensors).dispose(), units: 1 },
          distance: async () => {
            executable.run();
            const theirs = tfjs.f(...tensors);
            const distance = relativeDistance((await executable.read(["y"])).y, theirs.dataSync());
            theirs.dispose();
            return distance;
          },
          dispose: () => {
            executable.dispose();
            tf.dispose(tensors);
          },
        };
      },
    });
  }
  if (jaxSide) {
    contests.push({
      ...shared,
      peerName: "jax-js",
      goal: jaxSide.goal,
      isSlow: jaxSide.isSlow ?? false,
      prepare: async () => {
        const executable = await programOf(kernel.operands, kernel.ours);
        const arrays = (jaxSide.operands ?? kernel.operands).map(({ data, shape }) => jaxArray(data, shape));
        const compiled = jax.jit(jaxSide.f);
        const { result = (data: Float32Array) => data } = jaxSide;
        return {
          ours: { run: () => executable.run(), units: 1 },
          peer: {
            // It computes when it is waited for.
            run: async () => {
              const y = compiled(...arrays.map((array) => array.ref));
              await y.blockUntilReady();
              y.dispose();
            },
            units: 1,
          },
          distance: async () => {
            executable.run();
            const theirs = (await compiled(...arrays.map((array) => array.ref)).data()) as Float32Array;
            return relativeDistance((await executable.read(["y"])).y, result(theirs));
          },
          dispose: () => {
            executable.dispose();
            compiled.dispose();
            for (const array of arrays) array.dispose();
          },
        };
      },
    });
  }
  return contests;
}

/** Square products; T stands for an operand that is stored transposed. */
function gemm(layout: "NN" | "TN" | "NT", n: number): Kernel {
  const [transposeA, transposeB] = [layout === "TN", layout === "NT"];
  const isPlain = layout === "NN";
  return {
    suite: "gemm",
    case: `${layout} ${n}×${n}×${n}`,
    flops: 2 * n ** 3,
    operands: [noise([n, n], 1), noise([n, n], 2)],
    ours: (a, b) => ops.matmul(transposeA ? ops.transpose(a) : a, transposeB ? ops.transpose(b) : b),
    tfjs: { goal: isPlain ? 1.3 : 15, f: (a, b) => tf.matMul(a, b, transposeA, transposeB) },
    ...(isPlain ? { jax: { goal: 1.7, f: (a: JaxArray, b: JaxArray) => np.matmul(a, b) } } : {}),
  };
}

const million = 2 ** 20;
const elementwise = (["exp", "tanh", "sigmoid"] as const).map(
  (name): Kernel => ({
    suite: "elementwise",
    case: `${name} over 1 M`,
    operands: [noise([million], 3)],
    ours: (x) => ops[name](x),
    tfjs: { goal: 3, f: (x) => tf[name](x) },
  }),
);

function convolution(): Kernel {
  const [image, filter] = [noise([32, 28, 28, 16], 4), noise([3, 3, 16, 32], 5)];
  return {
    suite: "conv",
    case: "conv2d forward 32×28×28×16, 3×3 → 32",
    flops: 2 * 32 * 28 * 28 * 9 * 16 * 32,
    operands: [image, filter],
    ours: (x, kernel) => ops.conv(x, kernel, { padding: "same" }),
    tfjs: { goal: 1.4, f: (x, kernel) => tf.conv2d(x as never, kernel as never, 1, "same") },
    // Its convolutions are channels first.
    jax: {
      goal: 60,
      isSlow: true,
      operands: [channelsFirst(image), filtersFirst(filter)],
      f: (x, kernel) => jax.lax.conv(x, kernel, [1, 1], "SAME"),
      result: (data) => channelsFirst({ data, shape: [32, 32, 1, 28 * 28] }).data,
    },
  };
}

function depthwise(): Kernel {
  return {
    suite: "conv",
    case: "depthwise forward 32×28×28×32, 3×3",
    flops: 2 * 32 * 28 * 28 * 9 * 32,
    operands: [noise([32, 28, 28, 32], 6), noise([3, 3, 32, 1], 7)],
    ours: (x, kernel) => ops.depthwiseConv(x, kernel, { padding: "same" }),
    tfjs: { goal: 1, f: (x, kernel) => tf.depthwiseConv2d(x as never, kernel as never, 1, "same") },
  };
}

export const kernels: readonly Contest[] = [
  ...[256, 512, 1024].map((n) => gemm("NN", n)),
  gemm("TN", 512),
  gemm("NT", 512),
  convolution(),
  depthwise(),
  ...elementwise,
].flatMap(contestsOf);

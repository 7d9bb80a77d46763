// Products and elementwise maps: against the device's limits, WASM, tfjs and jax-js.
import { bind, compile, ops, type Tensor, Variable, wasm } from "../../src/index.ts";
import { type Contest, relativeDistance, type Side } from "../peers/contest.ts";
import { type JaxArray, jax, jaxArray, np } from "../peers/rivals/jax.ts";
import { backend, noise, type Operand, programOf } from "../peers/rivals/ours.ts";
import { tf, useTfjs } from "../peers/rivals/tfjs.ts";
import { copyOf, isSoftware, multiplyAdd } from "./limits.ts";

/** As large as the adapter finishes in a fraction of a second. */
const sizes = isSoftware ? [256, 512] : [256, 512, 1024, 2048, 4096];
const agreement = { measure: "the norm of the difference, relative to the norm of the result,", limit: 1e-5 };
const settled = async () => backend.settled?.();

/** What the WASM backend makes of it. */
async function byWasm(operands: readonly Operand[], f: (...tensors: Tensor[]) => Tensor) {
  const variables = operands.map(({ data, shape }) => new Variable(shape, { initial: data }));
  return bind(compile({ outputs: { y: f(...variables.map(({ tensor }) => tensor)) } }), await wasm());
}

/** A contest of one program on this backend against `peer`, whose result is compared unless it has none. */
function contest(
  description: Omit<Contest, "agreement" | "prepare">,
  operands: readonly Operand[],
  f: (...tensors: Tensor[]) => Tensor,
  peer: () => Promise<{ side: Side; result?: () => Promise<ArrayLike<number>>; dispose?: () => void }>,
): Contest {
  return {
    ...description,
    agreement,
    rounds: isSoftware ? 3 : 7,
    prepare: async () => {
      const executable = await programOf(operands, f);
      const { side, result, dispose } = await peer();
      // Runs are handed over in a row, as training does, and waited for together.
      const run = async () => {
        for (let i = 0; i < repeats; i++) executable.run();
        await settled();
      };
      const repeats = 4;
      return {
        ours: { run, units: repeats },
        peer: side,
        distance: async () => {
          executable.run();
          const { y } = await executable.read(["y"]);
          if (result) return relativeDistance(y, await result());
          const other = await byWasm(operands, f);
          other.run();
          const wanted = (await other.read(["y"])).y;
          other.dispose();
          return relativeDistance(y, wanted);
        },
        dispose: () => {
          executable.dispose();
          dispose?.();
        },
      };
    },
  };
}

function productOf(n: number): Contest[] {
  const operands = [noise([n, n], 1), noise([n, n], 2)];
  const f = (a: Tensor, b: Tensor) => ops.matmul(a, b);
  const flops = 2 * n ** 3;
  const row = { suite: "products", case: `${n}×${n}×${n}`, flops };
  const limit = contest({ ...row, peerName: "multiply-add loop", goal: 0.5 }, operands, f as never, async () => ({
    // As many units as products have its number of operations.
    side: { run: multiplyAdd.run, units: multiplyAdd.work / flops },
  }));
  const onWasm = contest({ ...row, peerName: "wasm" }, operands, f as never, async () => {
    const executable = await byWasm(operands, f as never);
    return {
      side: { run: () => executable.run(), units: 1 },
      result: async () => {
        executable.run();
        return (await executable.read(["y"])).y;
      },
      dispose: () => executable.dispose(),
    };
  });
  const onTfjs = contest({ ...row, peerName: "tfjs-webgpu" }, operands, f as never, async () => {
    await useTfjs("webgpu");
    const [a, b] = operands.map(({ data, shape }) => tf.tensor(data, [...shape])) as [never, never];
    return {
      side: {
        run: async () => {
          const y = tf.matMul(a, b);
          // The shortest read that waits for it.
          const corner = tf.slice(y, [0, 0], [1, 1]);
          await corner.data();
          tf.dispose([y, corner]);
        },
        units: 1,
      },
      result: async () => tf.tidy(() => tf.matMul(a, b)).data(),
      dispose: () => tf.dispose([a, b]),
    };
  });
  const onJax = contest({ ...row, peerName: "jax-js" }, operands, f as never, async () => {
    const [a, b] = operands.map(({ data, shape }) => jaxArray(data, shape)) as [JaxArray, JaxArray];
    const compiled = jax.jit((x: JaxArray, y: JaxArray) => np.matmul(x, y));
    const product = () => compiled(a.ref, b.ref) as JaxArray;
    return {
      side: {
        run: async () => {
          const y = product();
          await y.blockUntilReady();
          y.dispose();
        },
        units: 1,
      },
      result: async () => (await product().data()) as Float32Array,
      dispose: () => compiled.dispose(),
    };
  });
  return [limit, onWasm, onTfjs, onJax];
}

function mapOf(count: number): Contest {
  const copy = copyOf(4 * count);
  return contest(
    // Gigabytes a second: a byte counts as an operation.
    {
      suite: "maps",
      case: `x·2 + 1 over ${count / 2 ** 20} M, bytes for operations`,
      flops: copy.work,
      peerName: "copy",
    },
    [noise([count], 3)],
    (x) => ops.add(ops.mul(x, 2), 1),
    async () => ({ side: { run: copy.run, units: 1 } }),
  );
}

export const products: readonly Contest[] = [...sizes.flatMap(productOf), mapOf(isSoftware ? 2 ** 22 : 2 ** 24)];

import { bind, compile, ops, placeholder } from "../../../src/index.ts";
import type { Contest } from "../contest.ts";
import { backend } from "../rivals/ours.ts";
import { tf, useTfjs } from "../rivals/tfjs.ts";

const count = 2 ** 20;

/** How many standard errors the first four moments are away from those of a standard normal, at most. */
function surprise(values: ArrayLike<number>): number {
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const x = values[i] as number;
    for (let power = 1, product = x; power <= 4; power++, product *= x)
      sums[power - 1] = (sums[power - 1] as number) + product;
  }
  // Means of x, x², x³, x⁴, and the variances of these powers: E x²ᵏ − (E xᵏ)².
  const [expected, variances] = [
    [0, 1, 0, 3],
    [1, 2, 15, 96],
  ];
  return Math.max(
    ...sums.map(
      (sum, i) =>
        Math.abs(sum / values.length - (expected[i] as number)) / Math.sqrt((variances[i] as number) / values.length),
    ),
  );
}

export const randoms: readonly Contest[] = [
  {
    suite: "random",
    case: "1 M standard normals",
    peerName: "tfjs-wasm",
    goal: 5,
    agreement: {
      measure: "the most that one of the first four moments of either is off, in standard errors,",
      limit: 5,
    },
    prepare: async () => {
      await useTfjs("wasm");
      const key = placeholder("key", [3], "int32");
      const executable = await bind(compile({ outputs: { y: ops.randomNormal([count], { seed: key }) } }), backend);
      const port = executable.input("key");
      const state = Int32Array.of(42, 0, 0);
      const draw = () => {
        state[2] = (state[2] as number) + 1;
        port.write(state);
        executable.run();
      };
      return {
        ours: { run: draw, units: 1 },
        peer: { run: () => tf.randomNormal([count]).dispose(), units: 1 },
        distance: async () => {
          draw();
          const theirs = tf.randomNormal([count], 0, 1, "float32", 42);
          const worst = Math.max(surprise((await executable.read(["y"])).y), surprise(theirs.dataSync()));
          theirs.dispose();
          return worst;
        },
        dispose: () => executable.dispose(),
      };
    },
  },
];

import { type Contest, relativeDistance } from "../contest.ts";
import type { Operand } from "../rivals/ours.ts";
import { Batches, jaxLearner, Ours, tfjsLearner } from "./learner.ts";
import { cnn, mlp, mlpAdam, type Network, normalized } from "./networks.ts";

type PeerName = "jax-js" | "tfjs-wasm" | "tfjs-webgpu" | "tfjs-cpu";

interface Training {
  readonly network: Network;
  readonly batch: number;
  readonly peerName: PeerName;
  readonly goal?: number;
  /** Steps after which the weights are compared. Default 8. */
  readonly checked?: number;
  /** Batches of the data set. Default 16. */
  readonly batches?: number;
  /** Steps of ours in one run, in whole epochs. Default 64. */
  readonly steps?: number;
  /** Steps of the rival in one run. Default 8. */
  readonly peerSteps?: number;
  readonly rounds?: number;
  readonly isSlow?: Contest["isSlow"];
  /** The most that the weights may be apart. Default 1e-3. */
  readonly limit?: number;
}

/**
 * Training steps, as a user trains: ours is `fit` on arrays in memory, shuffling, copying each batch, metrics and the
 * wait at the end of each epoch included. The rival's batches are in its memory already, and nothing is read back.
 */
export function training({
  network,
  batch,
  peerName,
  goal,
  checked = 8,
  batches: count = 16,
  steps = 64,
  peerSteps = 8,
  rounds,
  isSlow,
  limit = 1e-3,
}: Training): Contest {
  return {
    suite: "training",
    case: `${network.name}, batch ${batch}`,
    peerName,
    ...(goal === undefined ? {} : { goal }),
    ...(rounds === undefined ? {} : { rounds }),
    ...(isSlow === undefined ? {} : { isSlow }),
    agreement: {
      measure: `the norm of the difference of the weights after ${checked} steps, relative to how far they moved,`,
      limit,
    },
    prepare: async () => {
      const batches = new Batches(count, batch, network.rowShape);
      const ours = new Ours(network, batches);
      const before = await ours.weights();
      const peer = await (peerName === "jax-js"
        ? jaxLearner(network, batches, ours)
        : tfjsLearner(network, peerName.slice(5) as "wasm" | "webgpu" | "cpu", batches, ours));
      const epochs = Math.max(1, Math.round(steps / count));
      let next = 0;
      return {
        ours: { run: () => ours.fit(epochs), units: epochs * count },
        peer: {
          run: async () => {
            for (let step = 0; step < peerSteps; step++) await peer.step(next++ % count);
            await peer.settled?.();
          },
          units: peerSteps,
        },
        distance: async () => {
          await ours.first(checked);
          for (let step = 0; step < checked; step++) await peer.step(step);
          const toPeer = (peerName === "jax-js" && network.jax?.toPeer) || ((weight: Operand) => weight);
          const theirs = await peer.weights();
          const after = await ours.weights();
          const distances = after.map((weight, index) => {
            const start = toPeer(before[index] as Operand, index).data;
            const moved = (data: Float32Array) => data.map((value, i) => value - (start[i] as number));
            return relativeDistance(moved(theirs[index] as Float32Array), moved(toPeer(weight, index).data));
          });
          return Math.max(...distances);
        },
        dispose: () => peer.dispose(),
      };
    },
  };
}

export const trainings: readonly Contest[] = [
  training({ network: mlp, batch: 32, peerName: "jax-js", goal: 2 }),
  training({ network: mlp, batch: 32, peerName: "tfjs-wasm", goal: 10 }),
  training({ network: mlp, batch: 128, peerName: "jax-js", goal: 2 }),
  training({ network: mlp, batch: 128, peerName: "tfjs-wasm", goal: 11, peerSteps: 3 }),
  training({ network: normalized, batch: 32, peerName: "tfjs-wasm", goal: 12 }),
  training({ network: mlpAdam, batch: 32, peerName: "jax-js", goal: 2.2 }),
  training({ network: mlpAdam, batch: 32, peerName: "tfjs-wasm", limit: 1e-2 }),
  training({
    network: cnn,
    batch: 32,
    peerName: "jax-js",
    goal: 80,
    batches: 4,
    checked: 2,
    peerSteps: 1,
    rounds: 5,
    isSlow: true,
  }),
  training({
    network: cnn,
    batch: 32,
    peerName: "tfjs-cpu",
    goal: 500,
    batches: 4,
    checked: 1,
    peerSteps: 1,
    rounds: 2,
    isSlow: true,
  }),
];

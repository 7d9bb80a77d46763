// Training steps: against WASM with all threads, tfjs and jax-js on the same adapter.
import { type Model, wasm } from "../../src/index.ts";
import { type Contest, relativeDistance } from "../peers/contest.ts";
import { backend } from "../peers/rivals/ours.ts";
import { cnn, mlp } from "../peers/rows/networks.ts";
import { training } from "../peers/rows/training.ts";
import { isSoftware } from "./limits.ts";
import { type Workload, workloads } from "./workloads.ts";

/** A step as a user trains: `fit` on arrays in memory, with the wait at the end of each epoch. */
function againstWasm(workload: Workload): Contest {
  const { name, batch, on, x, y } = workload;
  const steps = (x.shape[0] as number) / batch;
  return {
    suite: "steps",
    case: `${name}, batch ${batch}`,
    peerName: "wasm",
    agreement: { measure: "the norm of the difference of all weights after 8 steps, relative to theirs,", limit: 1e-3 },
    rounds: isSoftware ? 3 : 5,
    prepare: async () => {
      const [ours, theirs] = [on(backend), on(await wasm())];
      const epoch = (model: Model) => model.fit(x, y, { batchSize: batch, epochs: 1, verbose: 0 });
      const weights = async (model: Model) =>
        (await model.getWeights()).flatMap(({ data }) => Array.from(data as Float32Array));
      return {
        ours: { run: async () => void (await epoch(ours)), units: steps },
        peer: { run: async () => void (await epoch(theirs)), units: steps },
        distance: async () => {
          await epoch(ours);
          await epoch(theirs);
          return relativeDistance(await weights(ours), await weights(theirs));
        },
        dispose: () => void Promise.all([ours.dispose(), theirs.dispose()]),
      };
    },
  };
}

const rivals = [mlp, cnn].flatMap((network) => {
  // On a software adapter a step of a rival's CNN takes seconds, and its first one a minute.
  const isHeavy = network === cnn;
  const slow = { rounds: isHeavy ? 3 : 5, checked: isHeavy ? 1 : 2, peerSteps: isHeavy ? 1 : 2 };
  const size = isSoftware ? { ...slow, steps: 4, isSlow: "both" as const } : { rounds: 5, checked: 2, peerSteps: 4 };
  const shared = { network, batch: 32, batches: 4, goal: 1, ...size };
  return [training({ ...shared, peerName: "tfjs-webgpu" }), training({ ...shared, peerName: "jax-js" })];
});

export const steps: readonly Contest[] = [...workloads(isSoftware).map(againstWasm), ...rivals];

// Jobs of random workers that leave, fail, are cut off and come back, with messages that are lost or come twice.
import { describe, expect, it } from "vitest";
import { join, type NatsConnection } from "../../src/distributed/index.ts";
import { adam, batchNormalization, dense, dropout, type Model, sequential } from "../../src/index.ts";
import { memoryServer } from "../unit/nats-support.ts";

const x = { data: Float32Array.from({ length: 400 }, (_, i) => Math.sin(i * i)), shape: [100, 4] };
const y = { data: Float32Array.from({ length: 100 }, (_, i) => Math.cos(i)), shape: [100, 1] };

function makeModel(seed: number): Model {
  const layers = [dense(5, { inputShape: [4], activation: "tanh" }), batchNormalization(), dropout(0.2), dense(1)];
  const model = sequential(layers, { seed });
  model.compile({ optimizer: adam(0.01), loss: "meanSquaredError", metrics: ["meanAbsoluteError"] });
  return model;
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const textOf = (arrays: readonly unknown[]) => JSON.stringify(arrays.map((array) => Array.from(array as Float32Array)));

/** Numbers in [0, 1) that follow from a seed. */
function numbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A client that loses and repeats this share of the messages of an exchange, and can be cut off for a while. */
function unreliable(server: ReturnType<typeof memoryServer>, share: number, random: () => number) {
  let until = 0;
  const checkReached = async () => {
    if (performance.now() >= until) return;
    await sleep(200);
    throw new Error("timeout");
  };
  const plain = server.connect(checkReached);
  const nc: NatsConnection = {
    ...plain,
    async request(...given) {
      const answer = await plain.request(...given);
      // The answer may be lost as well.
      await checkReached();
      return answer;
    },
    publish(subject, data) {
      const copies = !/\.(to|from)\.\d+$/.test(subject) ? 1 : random() < share ? 0 : random() < share ? 2 : 1;
      for (let copy = 0; copy < copies && performance.now() >= until; copy++) plain.publish(subject, data);
    },
    subscribe: (subject, { callback }) =>
      plain.subscribe(subject, {
        callback: (error, message) => {
          if (performance.now() >= until) callback(error, message);
        },
      }),
  };
  const cutOff = (milliseconds: number) => {
    until = performance.now() + milliseconds;
  };
  return { nc, close: plain.close, cutOff };
}

/** Runs one job. Gives how many different ends its workers had, where they forked, and what they left. */
async function runJob(seed: number) {
  const random = numbers(seed);
  const upTo = (most: number) => Math.floor(random() * most);
  const server = memoryServer();
  const workers = 2 + upTo(3);
  const minWorkers = 1 + upTo(workers);
  const local = { every: 1 + upTo(3), outer: { learningRate: 0.7, momentum: 0.9, nesterov: true } };
  const sync = random() < 0.5 ? "step" : local;
  const checkpointEvery = [1, 2, 5, 1000][upTo(4)] as number;
  const share = random() < 0.5 ? 0.1 : 0;
  /** The trained weights by generation and update, of whichever worker was there first. */
  const trained = new Map<string, string>();
  const forks: string[] = [];

  /** One life of a worker; undefined where it ended before the job. */
  const live = async (fate: number) => {
    const { nc, close, cutOff } = unreliable(server, share, random);
    const [pace, when] = [upTo(30), 1 + upTo(12)];
    const job = await join(nc, { job: "j", workers, minWorkers });
    const model = makeModel(upTo(1000));
    let [steps, generation] = [0, 0];
    const trace = async () => {
      const { updates, generation: now } = job.status();
      if (now !== generation) return;
      const key = `generation ${generation}, update ${updates}`;
      const weights = textOf(await Promise.all(model.trainableVariables.map((variable) => variable.read())));
      if ((trained.get(key) ?? weights) !== weights) forks.push(key);
      trained.set(key, weights);
    };
    const callbacks = {
      onTrainBegin: () => {
        generation = job.status().generation;
      },
      onTrainBatchBegin: async () => {
        // With local steps all have the same weights at the begin of a round only.
        if (sync === "step") await trace();
        await sleep(pace);
        if (++steps !== when) return;
        if (fate < 0.12) void job.leave();
        else if (fate < 0.24) throw new RangeError("mine");
        else if (fate < 0.36) close();
        else if (fate < 0.6) cutOff(300 + upTo(6000));
      },
      onEpochEnd: trace,
    };
    try {
      const options = { batchSize: 8, epochs: 3, verbose: 0, sync, checkpointEvery, callbacks } as const;
      const { history } = await job.fit(model, [x, y], options);
      const weights = textOf((await model.getWeights()).map(({ data }) => data));
      return JSON.stringify([weights, history, job.log]);
    } catch (error) {
      if (!/mine|has left|is closed/.test(String(error))) throw error;
      return undefined;
    } finally {
      close();
    }
  };

  const work = async () => {
    for (let life = 0; ; life++) {
      const fate = life < 2 ? random() : 1;
      const end = await live(fate).catch((error) => {
        // Whoever comes back too late.
        if (String(error).includes("the job has ended")) return "ended";
        throw error;
      });
      if (end !== undefined) return end;
      await sleep(upTo(1500));
    }
  };
  const ends = await Promise.all(Array.from({ length: workers }, work));
  return { ends: new Set(ends.filter((end) => end !== "ended")).size, forks, left: server.subscriptions };
}

describe("jobs of workers that leave, fail, are cut off and come back", () => {
  it("end with the same weights and histories on all, never fork, and leave nothing behind", async () => {
    const first = Number(process.env.SEED ?? 100);
    const seeds = Array.from({ length: 12 }, (_, index) => first + index);
    const found = await Promise.all(seeds.map(async (seed) => ({ seed, ...(await runJob(seed)) })));
    expect(found).toEqual(seeds.map((seed) => ({ seed, ends: 1, forks: [], left: 0 })));
  });
});

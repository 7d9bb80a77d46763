// One worker of the benchmark: joins a job, trains with sleeps in the place of computing, and prints what it took.
import { join } from "../../src/distributed/index.ts";
import { dense, sequential, sgd } from "../../src/index.ts";
import { connect } from "../../test/distributed/client.ts";

/** What a worker is told. */
export interface ScalingOptions {
  readonly servers: string;
  readonly job: string;
  readonly workers: number;
  /** Milliseconds that a batch takes to compute. */
  readonly stepTime: number;
  /** Numbers in the gradients, about. */
  readonly parameters: number;
  /** Batches of each worker between two exchanges. */
  readonly every: number;
  readonly rounds: number;
}

/** What a worker has seen. */
export interface ScalingResult {
  /** Milliseconds of each round, the first ones left out. */
  readonly times: readonly number[];
  /** Payload of messages in a round. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Bytes of the trained weights. */
  readonly size: number;
}

/** Rounds before the clock starts. */
const warmUp = 2;
const width = 512;

const options = JSON.parse(process.argv[2] ?? "") as ScalingOptions;
const { servers, workers, stepTime, parameters, every, rounds } = options;
const nc = await connect({ servers, pingInterval: 1000, maxPingOut: 2 });
const job = await join(nc, { job: options.job, workers });
const inputs = Math.round(parameters / width) - 1;
const model = sequential([dense(width, { inputShape: [inputs] })], { seed: 1 });
model.compile({ optimizer: sgd({ learningRate: 1e-3 }), loss: "meanSquaredError" });
const batches = (warmUp + rounds + 1) * every * workers;
const x = { data: new Float32Array(batches * inputs).fill(0.1), shape: [batches, inputs] };
const y = { data: new Float32Array(batches * width), shape: [batches, width] };

/** When this worker began its rounds, and what it had sent and received. */
const marks: { readonly at: number; readonly bytesSent: number; readonly bytesReceived: number }[] = [];
let computed = 0;
const callbacks = {
  onTrainBatchBegin: async (batch: number) => {
    if (batch % workers !== job.rank) return;
    if (computed++ % every === 0) marks.push({ at: performance.now(), ...job.status() });
    await new Promise((resolve) => setTimeout(resolve, stepTime));
  },
};
const sync = every === 1 ? "step" : { every };
await job.fit(model, [x, y], { batchSize: 1, shuffle: false, verbose: 0, checkpointEvery: 1e9, sync, callbacks });
// What the last round took is not known: the job ends behind it.
const measured = marks.slice(warmUp);
const [first, last] = [measured[0], measured.at(-1)] as [(typeof marks)[0], (typeof marks)[0]];
const result: ScalingResult = {
  times: measured.slice(1).map(({ at }, index) => at - (measured[index]?.at ?? 0)),
  bytesSent: (last.bytesSent - first.bytesSent) / rounds,
  bytesReceived: (last.bytesReceived - first.bytesReceived) / rounds,
  size: 4 * (inputs + 1) * width,
};
console.log(JSON.stringify(result));
await nc.close();

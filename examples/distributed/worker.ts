// One worker: joins a job and trains. `npx tsx worker.ts SERVER JOB WORKERS IMAGES`, on as many machines as you like.
import { connect } from "@nats-io/transport-node";
import { type Job, join } from "aretejs/distributed";
import { loadImages } from "./images.ts";
import { checkpointEvery, hashOf, makeModel, options } from "./task.ts";

const [servers = "127.0.0.1:4222", name = "fashion", workers = "4", images = "6000"] = process.argv.slice(2);
const { x, y, test } = await loadImages(Number(images));
const nc = await connect({ servers, pingInterval: 1000, maxPingOut: 2, maxReconnectAttempts: -1 });
let job: Job | undefined;
job = await join(nc, {
  job: name,
  workers: Number(workers),
  onEvent: (event) => {
    if (job?.rank === 0 && event.type === "generation") console.log(`generation ${event.generation}: ${event.members}`);
  },
});
const model = makeModel();
await job.fit(model, [x, y], { ...options, verbose: 2, checkpointEvery });
const { bytesReceived, updates = 1 } = job.status();
// Those that wait for this line also wait for the numbers behind it.
const { accuracy } = await model.evaluate(test.x, test.y);
console.log(
  `rank ${job.rank}: weights ${await hashOf(model)}, test accuracy ${(100 * (accuracy ?? 0)).toFixed(2)} %, ` +
    `${(bytesReceived / updates / 1e6).toFixed(2)} MB received per update`,
);
await nc.close();

// One worker: joins a job and trains. `npx tsx worker.ts SERVER JOB WORKERS IMAGES`, on as many machines as you like.
import { connect } from "@nats-io/transport-node";
import { type Job, join } from "aretejs/distributed";
import { hashOf, loadImages, makeModel, options } from "./task.ts";

const [servers = "127.0.0.1:4222", job = "fashion", workers = "4", images = "6000"] = process.argv.slice(2);
const { x, y, test } = await loadImages(Number(images));
const nc = await connect({ servers, pingInterval: 1000, maxPingOut: 2, maxReconnectAttempts: -1 });
let part: Job | undefined;
part = await join(nc, {
  job,
  workers: Number(workers),
  onEvent: (event) => {
    if (part?.rank === 0 && event.type === "generation")
      console.log(`generation ${event.generation}: ${event.members}`);
  },
});
const model = makeModel();
await part.fit(model, [x, y], { ...options, verbose: 2, checkpointEvery: 20 });
// Those that wait for this line also wait for the numbers behind it.
const { accuracy } = await model.evaluate(test.x, test.y);
console.log(`rank ${part.rank}: weights ${await hashOf(model)}, test accuracy ${(100 * (accuracy ?? 0)).toFixed(2)} %`);
await nc.close();

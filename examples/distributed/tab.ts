// One worker in a browser tab: the page tells it what to join by its address, as serve-tab.ts makes it.
import { wsconnect } from "@nats-io/nats-core";
import { join } from "aretejs/distributed";
import { checkpointEvery, hashOf, makeModel, options } from "./task.ts";

const status = document.querySelector("output") as HTMLOutputElement;
const button = document.querySelector("button") as HTMLButtonElement;
const show = (text: string) => {
  status.textContent = text;
};

async function work(): Promise<void> {
  const address = new URLSearchParams(location.search);
  const [servers, name] = ["server", "job"].map((key) => address.get(key) ?? "") as [string, string];
  const [workers, count] = ["workers", "images"].map((key) => Number(address.get(key))) as [number, number];
  show("loading the images …");
  const bytes = await (await fetch(`images?count=${count}`)).arrayBuffer();
  const x = { data: new Float32Array(bytes, 0, 784 * count), shape: [count, 28, 28] };
  const y = new Int32Array(bytes, 4 * 784 * count);
  show("connecting …");
  const nc = await wsconnect({ servers, pingInterval: 1000, maxPingOut: 2, maxReconnectAttempts: -1 });
  try {
    show("waiting for the other workers …");
    const job = await join(nc, { job: name, workers });
    const model = makeModel();
    const callbacks = {
      onTrainBatchBegin: () => {
        const { rank, members, updates, stepTime, waitTime } = job.status();
        const times = `${stepTime.toFixed(0)} ms a step, ${waitTime.toFixed(0)} of them waiting`;
        show(`rank ${rank} of ${members.length}, update ${updates}, ${times}`);
      },
    };
    await job.fit(model, [x, y], { ...options, checkpointEvery, callbacks });
    show(`rank ${job.rank}: weights ${await hashOf(model)}`);
  } finally {
    await nc.close();
  }
}

button.addEventListener("click", () => {
  button.disabled = true;
  work().catch((error) => show(String(error)));
});

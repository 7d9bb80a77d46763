// The worker of the playground: trains, and reports to the page.
import type { Backend } from "aretejs";
import type { Order, Report, Snapshot } from "./messages.ts";
import { fashionData, pointData } from "./training/data.ts";
import { Trainer } from "./training/trainer.ts";

let gpu: Promise<Backend> | undefined;
let run = 0;
/** The run's trainer; it is there once the network was made. */
let trainer: Promise<Trainer | undefined> = Promise.resolve(undefined);

const post = (report: Report, moved: Transferable[] = []) => self.postMessage(report, { transfer: moved });

self.addEventListener("message", ({ data }: MessageEvent<Order>) => {
  const order = data;
  if (order.type === "setup") {
    run = order.run;
    const before = trainer;
    trainer = before
      .then((old) => old?.dispose())
      .then(() => (order.run === run ? setUp(order) : undefined))
      .catch((error: unknown) => fail(order.run, error));
    return;
  }
  const current = run;
  void trainer
    .then((running) => {
      if (current !== run || !running) return undefined;
      if (order.type === "pause") return running.pause();
      if (order.type === "seen") return running.seen();
      if (order.type === "speed") return running.setSpeed(order.speed);
      return running.runTo(order.type === "start" ? "end" : order.type);
    })
    .catch((error: unknown) => fail(current, error));
});

async function setUp({ run, settings, images, interval }: Extract<Order, { type: "setup" }>): Promise<Trainer> {
  const data = settings.data === "fashion" ? await fashionData(settings, images) : pointData(settings);
  const backend = settings.backend === "webgpu" ? await openGpu(run) : undefined;
  const made = new Trainer(settings, data, backend, interval, {
    snapshot: (snapshot) => post({ type: "snapshot", run, snapshot }, buffersOf(snapshot)),
    diagnosis: (diagnosis) => post({ type: "diagnosis", run, diagnosis }),
    paused: () => post({ type: "paused", run }),
  });
  await made.begin();
  post({ type: "ready", run });
  return made;
}

/** The device, made once; undefined where there is none, which the page is told. */
async function openGpu(run: number): Promise<Backend | undefined> {
  gpu ??= import("aretejs/webgpu").then(async ({ webgpu }) => {
    const backend = await webgpu();
    void backend.lost?.then(() => {
      gpu = undefined;
    });
    return backend;
  });
  try {
    return await gpu;
  } catch (error) {
    gpu = undefined;
    post({ type: "no-webgpu", run, message: messageOf(error) });
    return undefined;
  }
}

function fail(run: number, error: unknown): undefined {
  post({ type: "error", run, message: messageOf(error) });
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** What is handed over rather than copied. */
function buffersOf({ surfaces, layers }: Snapshot): Transferable[] {
  const arrays = [
    ...(surfaces ? [surfaces.output, ...surfaces.units.flat()] : []),
    ...(layers ?? []).flatMap(({ weights, activations, gradients }) => [weights, activations, gradients]),
  ];
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}

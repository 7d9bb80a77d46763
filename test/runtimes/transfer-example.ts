import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { choose } from "../../examples/shared.ts";
import { fromGrey } from "../../examples/transfer/network.ts";
import { fashionMnist } from "../../scripts/fashion-mnist.ts";
import { loadModel } from "../../src/io/index.ts";
import { pngUrl } from "../../src/plot/png.ts";
import { openChromium, type Pages } from "./browsers.ts";
import { memoryOf, workerdProcesses } from "./memory.ts";
import { workerd } from "./miniflare.ts";
import { run } from "./processes.ts";

/** What happened in examples/transfer: faults, seconds of training, and of the Worker the memory in bytes. */
export interface Outcome {
  readonly faults: readonly string[];
  readonly pageSeconds: number;
  readonly workerSeconds: number;
  readonly idle: number;
  readonly peak: number;
}

/** Images of two classes: how many to learn from, and how many to ask about. */
const [learned, asked] = [200, 100];
const pixels = 28 ** 2;

/** The project of the example, with its dependencies and the packed package. */
function copyProject(scratch: string): string {
  const project = join(scratch, "transfer-example", "transfer");
  const example = fileURLToPath(new URL("../../examples/transfer", import.meta.url));
  mkdirSync(project, { recursive: true });
  cpSync(example, project, { recursive: true });
  // There aretejs is what is installed, rather than the source of the repository.
  writeFileSync(join(project, "tsconfig.json"), "{}");
  return project;
}

/** Sandals and shirts to learn from and others to ask about: bytes of pixels, and labels. */
async function imagesOfTwoClasses(): Promise<{
  x: Uint8Array;
  y: Int32Array;
  questions: Uint8Array;
  answers: Int32Array;
}> {
  const { train, test } = await fashionMnist();
  const [few, exam] = [
    choose(train, { classes: [5, 6], take: learned }),
    choose(test, { classes: [5, 6], take: asked }),
  ];
  const bytes = (data: ArrayLike<number>) => Uint8Array.from(data, (x) => Math.round(255 * x));
  return {
    x: bytes(few.x.data),
    y: few.y.data,
    questions: bytes(exam.x.data),
    answers: exam.y.data,
  };
}

/**
 * Builds the page with Vite and uses it as a user does, in Chromium: chooses pictures, trains, asks, saves, opens it
 * again; bundles the Worker with wrangler and has it learn in workerd.
 */
export async function transferExample(scratch: string, pages: Pages): Promise<Outcome> {
  const project = copyProject(scratch);
  const images = await imagesOfTwoClasses();
  const page = await inPage(project, pages, images);
  const worker = await inWorker(project, images);
  return { ...page, ...worker, faults: [...page.faults, ...worker.faults] };
}

type Images = Awaited<ReturnType<typeof imagesOfTwoClasses>>;

async function inPage(project: string, pages: Pages, { x, y, questions, answers }: Images) {
  const vite = join(project, "node_modules/vite/bin/vite.js");
  await run(project, [process.execPath, vite, "build", "--base", "./"]);
  const files = (from: Uint8Array, which: (index: number) => boolean) =>
    Array.from({ length: from.length / pixels }, (_, index) => index)
      .filter(which)
      .map((index) => ({
        name: `${index}.png`,
        mimeType: "image/png",
        buffer: png(from.subarray(index * pixels, (index + 1) * pixels)),
      }));
  const faults: string[] = [];
  const browser = await openChromium();
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => faults.push(`examples/transfer: ${error}`));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) faults.push(`examples/transfer says: ${message.text()}`);
    });
    const status = async (start: string) => {
      await page.waitForFunction((text) => document.getElementById("status")?.textContent?.startsWith(text), start, {
        timeout: 120_000,
      });
      return page.textContent("#status");
    };
    /** What share of the questions is answered right. */
    const examined = async () => {
      await page.setInputFiles(
        "#questions",
        files(questions, () => true),
      );
      await page.waitForFunction(() => document.getElementById("answers")?.textContent, undefined, { timeout: 60_000 });
      const lines = ((await page.textContent("#answers")) ?? "").split("\n");
      const right = lines.filter((line, i) => line.startsWith(`${i}.png: ${answers[i] ? "the other" : "one kind"} (`));
      return right.length / asked;
    };
    const address = pages.url("isolated", "transfer-example/transfer/dist/index.html");
    await page.goto(address);
    await page.setInputFiles(
      "#kind-0",
      files(x, (i) => y[i] === 0),
    );
    await page.setInputFiles(
      "#kind-1",
      files(x, (i) => y[i] === 1),
    );
    const start = performance.now();
    await page.click("#train");
    const trained = await status("Trained");
    const pageSeconds = (performance.now() - start) / 1000;
    const share = await examined();
    if (!(share >= 0.95)) faults.push(`examples/transfer, page: ${share} of new pictures right. ${trained}`);

    const download = page.waitForEvent("download", { timeout: 60_000 });
    await page.click("#save");
    const saved = readFileSync(await (await download).path());
    const inNode = await classifyInNode(saved, questions);
    const rightInNode = inNode.filter(([one = 0, other = 0], i) => one >= other === (answers[i] === 0)).length / asked;
    if (!(rightInNode >= 0.95)) faults.push(`examples/transfer, the saved file in Node: ${rightInNode} right`);

    await page.goto(address);
    await status("What was learned last");
    const again = await examined();
    if (again !== share) faults.push(`examples/transfer, page opened again: ${again} right rather than ${share}`);
    return { faults, pageSeconds };
  } finally {
    await browser.close();
  }
}

/** Probabilities that a saved network gives in Node. */
async function classifyInNode(file: Uint8Array, questions: Uint8Array): Promise<number[][]> {
  const model = await loadModel(file);
  const pictures = fromGrey(Float32Array.from(questions, (byte) => byte / 255));
  return (await (await model.predict({ data: await pictures.data(), shape: pictures.shape })).array()) as number[][];
}

async function inWorker(project: string, { x, y, questions, answers }: Images) {
  const faults: string[] = [];
  const expect = (holds: boolean, fault: string) => {
    if (!holds) faults.push(`examples/transfer, Worker: ${fault}`);
  };
  const tsx = fileURLToPath(new URL("../../node_modules/tsx/dist/cli.mjs", import.meta.url));
  const wrangler = fileURLToPath(new URL("node_modules/wrangler/bin/wrangler.js", import.meta.url));
  const bundled = join(project, "bundled");
  await run(project, [process.execPath, tsx, "write-body.ts", "body.keras"]);
  await run(project, [process.execPath, wrangler, "deploy", "--dry-run", "--outdir", bundled]);
  const before = new Set(workerdProcesses());
  const worker = workerd(bundled, "worker.js", "**/*.js", { kvNamespaces: ["FILES"] });
  try {
    const url = await worker.ready;
    const [pid = 0] = workerdProcesses().filter((pid) => !before.has(pid));
    const files = (await worker.getKVNamespace("FILES")) as unknown as {
      put(name: string, value: ArrayBuffer): Promise<void>;
    };
    const body = readFileSync(join(project, "body.keras"));
    await files.put("body.keras", body.buffer.slice(body.byteOffset, body.byteOffset + body.byteLength) as ArrayBuffer);
    const post = async (path: string, bytes: Uint8Array) => {
      const response = await fetch(new URL(path, url), { method: "POST", body: bytes as BodyInit });
      return { status: response.status, answer: await response.json() };
    };
    const idle = memoryOf(pid, "VmHWM");
    const early = await post("/classify", questions);
    expect(early.status === 400, `asked before it has learned: ${JSON.stringify(early)}`);
    const start = performance.now();
    const learnedNow = await post("/learn?classes=2", Uint8Array.from([...y, ...x]));
    const workerSeconds = (performance.now() - start) / 1000;
    expect(learnedNow.status === 200 && learnedNow.answer.accuracy > 0.95, JSON.stringify(learnedNow));
    const { status, answer } = await post("/classify", questions);
    const right = (answer as number[][]).filter(
      ([one = 0, other = 0], i) => one >= other === (answers[i] === 0),
    ).length;
    expect(status === 200 && right >= 0.95 * asked, `${right} of ${asked} right`);
    const wrong = await post("/learn?classes=2", Uint8Array.from([7, ...x.subarray(0, pixels)]));
    expect(wrong.status === 400 && /Expected .*received/.test(wrong.answer.error), `class 7: ${JSON.stringify(wrong)}`);
    const file = new Uint8Array(await (await fetch(new URL("/model", url))).arrayBuffer());
    const inNode = await classifyInNode(file, questions);
    const worst = Math.max(...inNode.flat().map((p, i) => Math.abs(p - ((answer as number[][]).flat()[i] as number))));
    expect(worst <= 1e-5, `its file gives probabilities in Node that differ by ${worst}`);
    return { faults, workerSeconds, idle, peak: memoryOf(pid, "VmHWM") };
  } finally {
    await worker.dispose();
  }
}

/** A grey picture of 28 × 28 as a PNG file. */
const png = (grey: Uint8Array): Buffer => Buffer.from(pngUrl(28, 28, 1, grey).split(",")[1] as string, "base64");

// One job, and one search, with workers in different runtimes.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { connect } from "@nats-io/transport-node";
import { search } from "../../src/distributed/index.ts";
import { openChromium, Pages } from "../runtimes/browsers.ts";
import { workerd } from "../runtimes/miniflare.ts";
import { runtimes } from "../runtimes/processes.ts";
import type { AnywhereOptions } from "./anywhere-worker.ts";
import { suite } from "./limits.ts";
import { bundle, killWorkers, repeat, Server, Worker } from "./support.ts";
import { fitOptions, hashOf, makeData, makeModel } from "./task.ts";
import { runTrial } from "./trial.ts";
import type { WorkerLine } from "./worker.ts";

const server = new Server(4420);
const trials = Array.from({ length: 24 }, (_, index) => 0.5 / (index + 1));

/** The bundle for runtimes with `WebSocket`, and a page that loads it. */
const folder = bundle(["anywhere-worker.ts"], { platform: "browser" });
writeFileSync(join(folder, "worker.html"), '<!doctype html><script type="module" src="anywhere-worker.mjs"></script>');
const handlers = bundle(["trial-handler.ts"], { platform: "browser", conditions: ["workerd"] });

/** How a runtime is started. */
const commandOf = (name: string): readonly string[] => {
  const runtime = runtimes.find((each) => each.name === name);
  assert.ok(runtime);
  return [...runtime.command, join(folder, "anywhere-worker.mjs")];
};

describe("workers in Node, Deno, Bun, Chromium and workerd", suite, () => {
  const pages = new Pages(folder);
  before(async () => {
    await server.start();
    await pages.open();
  });
  after(async () => {
    killWorkers();
    pages.close();
    await server.stop();
  });

  it("train to the bits of one process, and divide the trials of a search", async () => {
    const alone = makeModel({ accumulate: 4 });
    const { x, y } = makeData();
    const { history } = await alone.fit(x, y, fitOptions);
    const expected = { hash: await hashOf(alone), history };
    const losses: number[] = [];
    for (const trial of trials) losses.push(await runTrial(trial));
    const nc = await connect({ servers: server.servers });
    const browser = await openChromium();
    const worker = workerd(handlers, "trial-handler.mjs", "**/*.mjs");
    const url = await worker.ready;
    try {
      await repeat(async (run) => {
        const job = `runtimes${run}`;
        const options: AnywhereOptions = { servers: server.webSocket, job, workers: 4, trials };
        const node = new Worker({ servers: server.servers, job, workers: 4, fit: { checkpointEvery: 5 } });
        const others = ["Deno", "Bun"].map((name) => new Worker(options, [], commandOf(name)));
        const page = await browser.newPage();
        const posted: WorkerLine[] = [];
        const answered = new Promise<void>((resolve) => {
          page.on("console", (message) => {
            if (!message.text().startsWith("{")) return;
            const line: WorkerLine = JSON.parse(message.text());
            posted.push(line);
            if ("hash" in line || "error" in line) resolve();
          });
        });
        await page.goto(`${pages.url("plain", "worker.html")}#${encodeURIComponent(JSON.stringify(options))}`);
        const { hash, history, log } = await node.result();
        assert.deepEqual({ hash, history }, expected);
        assert.equal(log.length, 1);
        // The others go on with a search, with two more workers.
        const [found, visited] = await Promise.all([
          search(nc, { job, trials }, runTrial),
          fetch(url, { method: "POST", body: JSON.stringify(options) }).then((response) => response.json()),
          answered,
        ]);
        const lines = [posted, ...(await Promise.all(others.map((each) => each.result().then(() => each.lines))))];
        for (const each of lines) {
          assert.deepEqual(each, [{ results: found }, { hash, history, log }]);
        }
        assert.deepEqual(visited, found);
        assert.deepEqual(
          found.map((each) => each.status === "done" && each.result),
          losses,
        );
        await page.close();
      });
    } finally {
      await worker.dispose();
      await browser.close();
      await nc.close();
    }
  });
});

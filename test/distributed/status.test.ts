// What a job shows of itself while it trains: status, events, the line of progress, and scalars for TensorBoard.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { after, before, describe, it } from "node:test";
import { connect } from "@nats-io/transport-node";
import { type JobEvent, join, statusLogs } from "../../src/distributed/index.ts";
import { tensorBoard } from "../../src/io/tensorboard/index.ts";
import type { Callback } from "../../src/train/callback.ts";
import { suite } from "./limits.ts";
import { Server } from "./support.ts";
import { fitOptions, makeData, makeModel } from "./task.ts";

const server = new Server(4450);
const logs = mkdtempSync(joinPath(tmpdir(), "aretejs-logs-"));

/** What is written to the terminal as text meanwhile: the test runner writes bytes. */
async function printedBy(act: () => Promise<void>): Promise<string> {
  const { write } = process.stdout;
  let text = "";
  process.stdout.write = (chunk: string | Uint8Array) => {
    if (typeof chunk !== "string") return write.call(process.stdout, chunk);
    text += chunk;
    return true;
  };
  try {
    await act();
  } finally {
    process.stdout.write = write;
  }
  return text;
}

describe("a job of two workers", suite, () => {
  before(() => server.start());
  after(async () => {
    await server.stop();
    rmSync(logs, { recursive: true, force: true });
  });

  it("shows what it does: status, events, progress, TensorBoard", async () => {
    const { x, y } = makeData();
    const work = async (more: Callback[] = []) => {
      const nc = await connect({ servers: server.servers });
      const events: JobEvent["type"][] = [];
      const onEvent = ({ type }: JobEvent) => void events.push(type);
      const job = await join(nc, { job: "shown", workers: 2, onEvent });
      const logDir = joinPath(logs, `worker${job.rank}`);
      const callbacks = [...more, statusLogs(job), tensorBoard({ logDir })];
      const { history } = await job.fit(makeModel(), [x, y], { ...fitOptions, verbose: 2, callbacks });
      const status = job.status();
      await nc.close();
      return { history, status, events };
    };
    let batches = 0;
    let results: Awaited<ReturnType<typeof work>>[] = [];
    const printed = await printedBy(async () => {
      results = await Promise.all([work(), work([{ onTrainBatchBegin: () => void batches++ }])]);
    });
    // Callbacks without state may differ from worker to worker.
    assert.equal(batches, 39);
    // Rank 0 shows progress, once.
    const lines = printed.split("\n").filter((line) => line.startsWith("Epoch"));
    assert.equal(lines.length, fitOptions.epochs, printed);
    for (const [epoch, line] of lines.entries())
      assert.match(line, new RegExp(`^Epoch ${epoch + 1}/3, 2 workers, \\d+ % waiting - .*ms/step - loss: `));
    for (const { history, status } of results) {
      // 13 batches an epoch: 39 batches are 20 updates, the last one of one batch.
      assert.equal(status.members.length, 2);
      assert.equal(status.generation, 1);
      assert.ok(status.bytesSent > 0 && status.bytesReceived > 0 && status.stepTime > 0, JSON.stringify(status));
      assert.deepEqual(history.workers, [2, 2, 2]);
      for (const name of ["step_time", "wait_time", "sent_mb", "received_mb"])
        assert.ok(history[name]?.length === 3 && history[name].every((value) => value > 0), `${name} ${history[name]}`);
      for (const [epoch, wait] of (history.wait_time ?? []).entries())
        assert.ok(wait <= Number(history.step_time?.[epoch]));
    }
    assert.deepEqual(results[0]?.history.loss, results[1]?.history.loss);
    for (const worker of ["worker0", "worker1"]) {
      const folder = joinPath(logs, worker, "train");
      const text = readdirSync(folder).map((name) => readFileSync(joinPath(folder, name), "latin1"));
      for (const tag of ["workers", "step_time", "wait_time", "sent_mb", "received_mb", "loss"])
        assert.ok(text.join("").includes(`epoch_${tag}`), `${worker} has no epoch_${tag}`);
    }
    // The one that has written checkpoints.
    const first = results.find(({ status }) => status.rank === 0);
    assert.deepEqual(first?.events, ["generation", "checkpoint", "done"]);
  });
});

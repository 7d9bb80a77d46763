import { describe, expect, it } from "vitest";
import { type JobStatus, statusLogs } from "../../src/distributed/index.ts";
import { JobProgress } from "../../src/distributed/job-progress.ts";
import type { Callback, Training } from "../../src/train/callback.ts";

/** A job whose status the test sets. */
function job(members = ["a", "b"]) {
  const status: { -readonly [K in keyof JobStatus]: JobStatus[K] } = {
    id: "a",
    rank: 0,
    members,
    generation: 1,
    updates: 4,
    checkpoint: 0,
    stepTime: 7,
    waitTime: 7,
    bytesSent: 1e6,
    bytesReceived: 2e6,
    connected: true,
  };
  const update = (stepTime: number, waitTime: number) => {
    status.updates = (status.updates ?? 0) + 1;
    Object.assign(status, { stepTime, waitTime, bytesSent: status.bytesSent + 5e5 });
    status.bytesReceived += 25e4;
  };
  return { status: () => ({ ...status }), update };
}

const training = { epochs: 3, steps: 10 } as Training;

describe("what a job shows of itself", () => {
  it("is added to the logs of an epoch: means over its updates, and bytes", async () => {
    const { status, update } = job();
    const logs = statusLogs({ status }) as Required<Callback>;
    for (const epoch of [0, 1]) {
      await logs.onEpochBegin(epoch, training);
      logs.onTrainBatchBegin(0, training);
      update(10 + epoch, 2);
      // Batches of others.
      logs.onTrainBatchBegin(1, training);
      logs.onTrainBatchBegin(2, training);
      update(30 + epoch, 4);
      const found = { loss: 0.5 };
      logs.onEpochEnd(epoch, found, training);
      expect(found).toEqual({
        loss: 0.5,
        workers: 2,
        step_time: 20 + epoch,
        wait_time: 3,
        sent_mb: 1,
        received_mb: 0.5,
      });
    }
  });

  it.each([
    [["a", "b"], "Epoch 2/3, 2 workers, 25 % waiting - "],
    [["a"], "Epoch 2/3, 1 worker, 25 % waiting - "],
  ])("is in the line of progress", (members, begin) => {
    const { status, update } = job(members);
    const lines: string[] = [];
    const progress = new JobProgress(2, status, { isTTY: false, write: (text) => lines.push(text) });
    progress.onEpochBegin(1, training);
    update(20, 4);
    progress.onTrainBatchBegin();
    update(20, 6);
    progress.onEpochEnd(1, { loss: 0.5 });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.startsWith(begin)).toBe(true);
    expect(lines[0]).toContain("ms/step - loss: 0.5000");
  });

  it("moves on a terminal", () => {
    const { status, update } = job();
    const written: string[] = [];
    const progress = new JobProgress("auto", status, { isTTY: true, write: (text) => written.push(text) });
    progress.onEpochBegin(0, training);
    update(10, 5);
    progress.show(2, { loss: 0.5 });
    expect(written.join("")).toMatch(
      /^\rEpoch 1\/3, 2 workers, 50 % waiting ━━━━─+ 2\/10 {2}\d+s left {2}loss 0.5000$/,
    );
  });
});

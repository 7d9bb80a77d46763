import type { BatchCursor, BatchSpec } from "./batch.ts";
import { BatchMaker } from "./batch-maker.ts";
import type { DataGiven } from "./columns.ts";
import type { BatchWeights } from "./options.ts";
import { StepSequence } from "./pass.ts";
import type { Compiled, Session } from "./session.ts";
import type { Logs } from "./step-runner.ts";

/** All of the data as one batch. */
export async function oneBatch(
  session: Session,
  what: string,
  data: DataGiven,
  objective: Compiled["setup"]["objective"] | undefined,
  classWeight?: BatchWeights["classWeight"],
): Promise<{ spec: BatchSpec; cursor: BatchCursor }> {
  const maker = new BatchMaker(session.model, what, objective, true);
  const columns = await maker.weigh(await maker.columns(data), classWeight);
  const cursor = maker.arrayBatches(columns, { batchSize: columns.rows }).open(0);
  return { spec: (await cursor.next()) as BatchSpec, cursor };
}

/** Runs one step on one batch; gives losses and metrics of this batch alone. */
export async function runOnBatch(
  session: Session,
  what: string,
  mode: "train" | "test",
  { setup, stepRunner }: Compiled,
  data: DataGiven,
  classWeight?: BatchWeights["classWeight"],
): Promise<Logs> {
  if (mode === "train") stepRunner.checkTrainable(what);
  const { spec, cursor } = await oneBatch(session, what, data, setup.objective, classWeight);
  const sequence = new StepSequence(stepRunner);
  setup.objective.reset();
  try {
    await sequence.run(mode === "train" ? setup.trainingMode : mode, spec, cursor, () => undefined);
  } finally {
    sequence.close();
  }
  return stepRunner.logs();
}

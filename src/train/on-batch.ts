import { after, settle } from "../settle.ts";
import type { BatchCursor, BatchSpec, Columns } from "./batch.ts";
import { BatchMaker } from "./batch-maker.ts";
import type { DataGiven } from "./columns.ts";
import type { BatchWeights } from "./options.ts";
import { StepSequence } from "./pass.ts";
import type { Compiled, Session } from "./session.ts";
import type { Logs } from "./step-runner.ts";

/** All of the data as one batch. */
export function oneBatch(
  session: Session,
  what: string,
  data: DataGiven,
  objective: Compiled["setup"]["objective"] | undefined,
  classWeight?: BatchWeights["classWeight"],
): OneBatch | Promise<OneBatch> {
  const maker = new BatchMaker(session.model, what, objective, true);
  return after(maker.weighted(data, classWeight), (columns) => batchOf(maker, columns));
}

/** All rows as one batch. */
export function batchOf(maker: BatchMaker, columns: Columns): OneBatch {
  const cursor = maker.arrayBatches(columns, { batchSize: columns.rows }).open(0);
  return { spec: cursor.next() as BatchSpec, cursor };
}

/** A batch, and what writes it. */
export interface OneBatch {
  readonly spec: BatchSpec;
  readonly cursor: BatchCursor;
}

/** Runs one step on one batch; gives losses and metrics of this batch alone. */
export function runOnBatch(
  session: Session,
  what: string,
  mode: "train" | "test",
  compiled: Compiled,
  data: DataGiven,
  classWeight?: BatchWeights["classWeight"],
): Logs | Promise<Logs> {
  const { setup, stepRunner } = compiled;
  if (mode === "train") stepRunner.checkTrainable(what);
  return after(oneBatch(session, what, data, setup.objective, classWeight), (batch) =>
    settle(runStep(mode, compiled, batch)),
  );
}

function* runStep(
  mode: "train" | "test",
  { setup, stepRunner }: Compiled,
  { spec, cursor }: OneBatch,
): Generator<unknown, Logs, never> {
  const sequence = new StepSequence(stepRunner);
  setup.objective.reset();
  try {
    yield sequence.run(mode === "train" ? setup.trainingMode : mode, spec, cursor, () => undefined);
  } finally {
    sequence.close();
  }
  return yield stepRunner.logs();
}

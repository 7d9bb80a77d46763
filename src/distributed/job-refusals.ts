// The errors of jobs that are found while the server can be reached; loaded when one is thrown.
import { stateError, valueError } from "../errors.ts";

const messageOf = (error: unknown): unknown => (error instanceof Error ? error.message : error);

export const noJetStream = (error: unknown): Error =>
  stateError("aretejs/distributed", {
    rule: "the server must have JetStream",
    expected: 'a server started with "jetstream" in its configuration, and permission to use it',
    received: messageOf(error),
  });

export const tooManyNeeded = (workers: number, minWorkers: number): Error =>
  valueError("join", { rule: "minWorkers is at most workers", expected: `≤ ${workers}`, received: minWorkers });

export const hasEnded = (name: string): Error =>
  stateError(`join of job "${name}"`, {
    rule: "the job has ended",
    expected: "a job that trains",
    received: "one that is done",
    advice: `Choose another name, or call removeJob(nc, "${name}").`,
  });

/** @param unanswered why the server has not answered; undefined where it did. */
export const notEnough = (
  name: string,
  needed: number,
  joinTimeout: number,
  present: number,
  unanswered: unknown,
): Error =>
  stateError(
    `join of job "${name}"`,
    unanswered
      ? { rule: "the server must answer", expected: "an answer in time", received: messageOf(unanswered) }
      : { rule: "not enough workers have come", expected: `${needed} within ${joinTimeout} ms`, received: present },
  );

/** @param size how many workers train. */
export const notTakenIn = (name: string, joinTimeout: number, size: number, workers: number): Error =>
  stateError(`join of job "${name}"`, {
    rule: "a job that trains takes in workers with a checkpoint, where fewer than `workers` train",
    expected: `to be taken in within ${joinTimeout} ms`,
    received: `a job in which ${size} of ${workers} train`,
    advice: "Give a longer joinTimeout, or write checkpoints more often.",
  });

export const secondFit = (label: string): Error =>
  stateError(label, {
    rule: "a job trains once",
    expected: "another job for another fit",
    received: "a second fit",
    advice: "Call join with another name.",
  });

export const notForJobs = (label: string, name: string, expected: string, received: unknown): Error =>
  valueError(label, { rule: `${name} is no option of a job`, expected, received });

export const looksIntoSteps = (label: string): Error =>
  valueError(label, {
    rule: "callbacks that look into train steps are for fit of models",
    expected: "callbacks without diagnoses and measures",
    received: "one that has them",
  });

export const accumulates = (label: string, name: string, received: unknown): Error =>
  valueError(label, {
    rule: `an optimizer of a job has no ${name}`,
    expected: "an optimizer without it: the gradients of the workers are added up, and divided by their number",
    received,
  });

/** @param state the name of a variable. */
export const readsState = (label: string, state: string): Error =>
  stateError(`fit of ${label}`, {
    rule: "workers compute their batches at once, so no layer may use state that the batch before has changed",
    expected: "layers whose outputs depend on weights and batch alone",
    received: `one that reads "${state}"`,
    advice: "Train this model in one process.",
  });

/** @param job the hash of the job's model and options. @param own that of this worker's. */
export const otherModel = (label: string, job: string | null, own: string): Error =>
  stateError(label, {
    rule: "all workers of a job must train the same model with the same options",
    expected: `the model, optimizer and options of the job (hash ${job})`,
    received: `others (hash ${own})`,
    advice: "Run the same program on all workers, or join another job.",
  });

export const wasDropped = (label: string): Error =>
  stateError(label, {
    rule: "this worker was slower than stepTimeout, and was dropped",
    expected: "a worker that computes a batch in that time",
    received: "one that did not",
    advice: "Give a longer stepTimeout, or smaller batches.",
  });

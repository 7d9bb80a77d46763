// The training of a job.
import { stateError } from "../errors.ts";
import type { Callback, Training } from "../train/callback.ts";
import { runFit } from "../train/fit.ts";
import type { History } from "../train/history.ts";
import type { Model } from "../train/model.ts";
import type { FitOptions } from "../train/options.ts";
import { type Compiled, sessionOf } from "../train/session.ts";
import { openChannel } from "./channel.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { NatsConnection } from "./connection.ts";
import { type Exchange, openExchange } from "./exchange.ts";
import { checkModel, fingerprint, type JobData, type JobFit, jobData } from "./fit-options.ts";
import { type Group, type JobCheckpoint, nextGroup } from "./group.ts";
import { JetStream } from "./jetstream.ts";
import type { JobStatus } from "./job.ts";
import type { Members } from "./members.ts";
import { SynchronousRounds } from "./synchronous-rounds.ts";
import { askAfter, askAtMost, busyFactor } from "./timing.ts";
import { type Rounds, type StepsOptions, vectorLength, WorkerSteps } from "./worker-steps.ts";

/** What a fit works with. */
export interface FitContext {
  readonly label: string;
  readonly nc: NatsConnection;
  readonly members: Members;
  /** Of what the job keeps on the server. */
  readonly name: string;
  readonly status: () => JobStatus;
  /** Called with what trains from now on, for the status. */
  readonly report: (steps: WorkerSteps, exchange: Exchange) => void;
}

/** Training stops since the group has changed; it goes on from the last checkpoint. */
class GroupChanged extends Error {}

/**
 * Trains a model together with the other workers of a job, generation by generation, until the job is done.
 * @throws StateError where the model is another than that of the job, or this worker was dropped.
 */
export async function fitJob(context: FitContext, model: Model, data: JobData, options: JobFit): Promise<History> {
  const { nc, members, label, name } = context;
  await checkModel(label, model);
  if (options.local) (await import("./local-rounds.ts")).checkOptimizer(label, model);
  await agreeOnModel(context, await fingerprint(model, options));
  const checkpoints = await (await import("./checkpoints.ts")).Checkpoints.open(new JetStream(nc), name, members);
  for (;;) {
    const group = await members.waitFor((current) => readyGroup(current, members.id, label));
    try {
      return await fitGeneration(context, checkpoints, model, data, options, group);
    } catch (error) {
      if (!(error instanceof GroupChanged)) throw error;
    }
  }
}

/** The group, where this worker can train in it, or load what was trained. */
function readyGroup(group: Group | undefined, id: string, label: string): Group | undefined {
  if (group?.dropped.includes(id)) {
    throw stateError(label, {
      rule: "this worker was slower than stepTimeout, and was dropped",
      expected: "a worker that computes a batch in that time",
      received: "one that did not",
      advice: "Give a longer stepTimeout, or smaller batches.",
    });
  }
  if (!group) return undefined;
  if (group.isDone) return group;
  const rank = group.members.indexOf(id);
  // The first checkpoint is written by the first worker, so that all begin with its weights.
  return rank === 0 || (rank > 0 && group.checkpoint) ? group : undefined;
}

/** Enters the model into the group. @throws StateError where another one was entered before. */
async function agreeOnModel({ members, label }: FitContext, hash: string): Promise<void> {
  const group = await members.change((current) => (current?.model === null ? { ...current, model: hash } : undefined));
  if (!group || group.model === hash) return;
  throw stateError(label, {
    rule: "all workers of a job must train the same model with the same options",
    expected: `the model, optimizer and options of the job (hash ${group.model})`,
    received: `others (hash ${hash})`,
    advice: "Run the same program on all workers, or join another job.",
  });
}

async function fitGeneration(
  context: FitContext,
  checkpoints: Checkpoints,
  model: Model,
  data: JobData,
  options: JobFit,
  group: Group,
): Promise<History> {
  const { nc, members, status, report, label } = context;
  const { generation, checkpoint } = group;
  const { stepTimeout, checkpointEvery, local } = options;
  const rank = group.isDone ? 0 : group.members.indexOf(members.id);
  const size = group.isDone ? 1 : group.members.length;
  const session = sessionOf(label, model);
  const compiled = session.compiled(label);
  members.begin();
  let training: Training | undefined;
  /** @throws GroupChanged where there are other members by now; what ends this worker's part in the job. */
  const check = () => {
    members.checkOpen();
    if (group.isDone || members.group?.generation === generation) return;
    throw new GroupChanged("the members have changed");
  };
  const commit = async (at: Partial<Training>, isDone: boolean) => {
    if (rank !== 0 || group.isDone) return;
    const name = `checkpoint-${generation}-${steps.batches}`;
    const written = { name, batches: steps.batches, updates: steps.updates };
    // It may take longer than stepTimeout, so the others hear at once that this worker is between steps.
    members.beat();
    const removeOlder = await checkpoints.write(name, { ...(training as Training), ...at });
    const after = await commitGroup(members, generation, written, isDone);
    if (after?.checkpoint?.name === name) await removeOlder();
    check();
    await members.emit({ type: isDone ? "done" : "checkpoint", updates: written.updates });
  };
  const callback: Callback = {
    onTrainBegin: async (begun) => {
      training = begun;
      if (!checkpoint) await commit({}, false);
    },
    onTrainEnd: async () => {
      await commit({}, true);
      await members.waitFor((current) => {
        check();
        return current?.isDone || undefined;
      });
    },
  };
  const outer = local && new (await import("./local-rounds.ts")).OuterOptimizer(label, local, compiled);
  const callbacks = [...(options.fit.callbacks as Callback[]), ...(outer ? [outer] : []), callback];
  let fit: FitOptions = { ...options.fit, callbacks };
  if (rank !== 0 || group.isDone) fit.verbose = 0;
  if (checkpoint) {
    fit = await checkpoints.resume(checkpoint.name, model, fit, callbacks).catch(async (error) => {
      // It is removed when there is a newer one, which this worker may not have heard of.
      await members.change(() => undefined);
      check();
      throw error;
    });
  }
  const { updates, batches } = checkpoint ?? startOf(compiled);
  const exchange: Exchange = openExchange({
    wire: { send: (to, bytes) => channel.send(to, bytes) },
    rank,
    size,
    generation,
    length: vectorLength(compiled),
    step: updates,
  });
  const subject = `${members.subject}.${generation}`;
  const channel = openChannel(nc, subject, rank, size, (bytes) => exchange.receive(bytes));
  const given: StepsOptions = {
    model,
    compiled,
    exchange,
    rank,
    size,
    batches,
    updates,
    onStep: (isBegin) => {
      members.isBetweenSteps = !isBegin;
    },
    onLongCompute: (isBegin) => members.beat(isBegin ? stepTimeout : 0),
    onUpdate: async (uncounted) => {
      check();
      members.begun();
      if (steps.updates % checkpointEvery > 0) return;
      const { position } = training as Training;
      const counted = { position: { ...position, batch: position.batch + 1 }, lastBatch: uncounted };
      await commit(uncounted ? counted : {}, false);
    },
  };
  const rounds: Rounds = outer?.rounds(compiled, size) ?? new SynchronousRounds(compiled);
  const steps = new WorkerSteps(given, rounds);
  report(steps, exchange);
  const { verbose = "auto" } = fit;
  const progress = verbose === 0 ? undefined : new (await import("./job-progress.ts")).JobProgress(verbose, status);
  const watch = watcher(exchange, members, generation, stepTimeout);
  const look = (wasAway = false) => {
    try {
      check();
      if (members.group?.isDone) throw new GroupChanged("the job is done");
      watch(wasAway);
    } catch (error) {
      exchange.fail(error as Error);
    }
  };
  if (!group.isDone) members.onTick = look;
  try {
    return await runFit(session, jobData(label, data), fit, steps, progress);
  } finally {
    members.onTick = () => {};
    channel.close();
    steps.dispose();
  }
}

/** Where a job begins: a model that was trained before counts on. */
const startOf = ({ setup }: Compiled) => ({ updates: setup.optimizer.rawSteps, batches: setup.optimizer.rawSteps });

/**
 * Makes a checkpoint that of the job, and takes in workers that wait, since nothing is lost by that now. Where another
 * generation has begun meanwhile, the checkpoint of before still counts.
 */
function commitGroup(
  members: Members,
  generation: number,
  checkpoint: JobCheckpoint,
  isDone: boolean,
): Promise<Group | undefined> {
  return members.change((group) => {
    if (group?.generation !== generation) return undefined;
    if (group.checkpoint?.name === checkpoint.name && group.isDone === isDone) return undefined;
    const next = { ...group, checkpoint, isDone };
    return nextGroup(next, members.present(), members.size) ?? next;
  });
}

/**
 * What is done four times a second: asks for what is missing, ever more rarely, and drops workers that are waited for
 * and whose step takes longer than `stepTimeout`, or that are between steps for {@link busyFactor} times as long.
 */
function watcher(exchange: Exchange, members: Members, generation: number, stepTimeout: number) {
  let wait = askAfter;
  let asked = 0;
  return (wasAway: boolean) => {
    const now = performance.now();
    if (wasAway) exchange.progressAt = now;
    const waited = now - exchange.progressAt;
    if (waited < askAfter || exchange.missing().length === 0) {
      wait = askAfter;
      return;
    }
    if (now - asked > wait) {
      asked = now;
      wait = Math.min(2 * wait, askAtMost);
      exchange.askAgain();
    }
    if (waited < stepTimeout) return;
    const slow = exchange.slowest(now - 3 * askAtMost);
    const isLate = (id: string) =>
      waited > busyFactor * stepTimeout || now - (members.betweenStepsAt.get(id) ?? 0) > stepTimeout;
    const late = (members.group?.members ?? []).filter((id, rank) => slow.includes(rank) && isLate(id));
    if (late.length > 0) members.drop(generation, late).catch(() => {});
    // Those that wait for others themselves are given the same time again.
    if (late.length > 0 || slow.length === 0) exchange.progressAt = now;
  };
}

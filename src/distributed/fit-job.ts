// The training of a job.
import type { Callback, Training } from "../train/callback.ts";
import { runFit } from "../train/fit.ts";
import type { History } from "../train/history.ts";
import type { Model } from "../train/model.ts";
import type { FitOptions } from "../train/options.ts";
import { type Compiled, type Session, sessionOf } from "../train/session.ts";
import { openChannel } from "./channel.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { NatsConnection } from "./connection.ts";
import { type Exchange, openExchange } from "./exchange.ts";
import { compiledOf, fingerprint, type JobData, type JobFit, jobData } from "./fit-options.ts";
import { type Group, type JobCheckpoint, nextGroup } from "./group.ts";
import type { JobStatus } from "./job.ts";
import type { Members } from "./members.ts";
import { synchronousRounds } from "./synchronous-rounds.ts";
import { askAfter, askAtMost, busyFactor } from "./timing.ts";
import { openSteps, type Rounds, vectorLength, type WorkerSteps } from "./worker-steps.ts";

/** What a fit works with. */
export interface FitContext {
  readonly label: string;
  readonly nc: NatsConnection;
  readonly members: Members;
  /** Of what the job keeps on the server. */
  readonly name: string;
  readonly status: () => JobStatus;
  /** What trains now, for the status. */
  readonly training: { steps?: WorkerSteps; exchange?: Exchange };
}

/** What all generations of a fit have in common. */
interface Fit extends FitContext {
  readonly checkpoints: Checkpoints;
  readonly session: Session;
  readonly compiled: Compiled;
  readonly rounds: Rounds;
  readonly data: JobData;
  readonly options: JobFit;
}

/** Training stops since the group has changed; it goes on from the last checkpoint. */
class GroupChanged extends Error {}

/**
 * Trains a model together with the other workers of a job, generation by generation, until the job is done.
 * @throws StateError where the model is another than that of the job, or this worker was dropped.
 */
export async function fitJob(context: FitContext, model: Model, data: JobData, options: JobFit): Promise<History> {
  const { nc, members, label, name } = context;
  const session = sessionOf(label, model);
  const compiled = await compiledOf(label, session);
  const rounds = options.local
    ? (await import("./local-rounds.ts")).localRounds(label, options.local, compiled)
    : synchronousRounds(compiled);
  await agreeOnModel(context, await fingerprint(model, compiled, options));
  const checkpoints = await (await import("./checkpoints.ts")).Checkpoints.open(nc, name, members);
  const fit = { ...context, checkpoints, session, compiled, rounds, data, options };
  for (;;) {
    const group = await members.until(() => readyGroup(members));
    if (group.dropped.includes(members.id)) throw (await import("./job-refusals.ts")).wasDropped(label);
    try {
      return await fitGeneration(fit, group);
    } catch (error) {
      if (!(error instanceof GroupChanged)) throw error;
    }
  }
}

/** The group, where this worker can train in it, or load what was trained, or was dropped. */
function readyGroup({ group, id }: Members): Group | undefined {
  if (!group || group.isDone || group.dropped.includes(id)) return group;
  const rank = group.members.indexOf(id);
  // The first checkpoint is written by the first worker, so that all begin with its weights.
  return rank === 0 || (rank > 0 && group.checkpoint) ? group : undefined;
}

/** Enters the model into the group. @throws StateError where another one was entered before. */
async function agreeOnModel({ members, label }: FitContext, hash: string): Promise<void> {
  const group = await members.change((current) => (current?.model === null ? { ...current, model: hash } : undefined));
  if (group && group.model !== hash) throw (await import("./job-refusals.ts")).otherModel(label, group.model, hash);
}

async function fitGeneration(fit: Fit, group: Group): Promise<History> {
  const { nc, members, label, checkpoints, session, compiled, rounds } = fit;
  const { generation, checkpoint, isDone } = group;
  const { stepTimeout, checkpointEvery } = fit.options;
  // What is done is loaded by each worker for itself.
  const rank = isDone ? 0 : group.members.indexOf(members.id);
  const size = isDone ? 1 : group.members.length;
  const leads = rank === 0 && !isDone;
  const { rawSteps } = compiled.setup.optimizer;
  // A model that was trained before counts on.
  const { updates, batches } = checkpoint ?? { updates: rawSteps, batches: rawSteps };
  members.begin();
  let training: Training | undefined;

  /** @throws GroupChanged where there are other members by now; what ends this worker's part in the job. */
  const check = () => {
    members.checkOpen();
    if (!isDone && members.group?.generation !== generation) throw new GroupChanged("the members have changed");
  };
  const commit = async (at: Partial<Training>, isEnd: boolean) => {
    if (!leads) return;
    const { batches, updates } = steps;
    const written = { name: `checkpoint-${generation}-${batches}`, batches, updates };
    // It may take longer than stepTimeout, so the others hear at once that this worker is between steps.
    members.beat();
    const removeOlder = await checkpoints.write(written.name, { ...(training as Training), ...at });
    const after = await commitGroup(members, generation, written, isEnd);
    if (after?.checkpoint?.name === written.name) await removeOlder();
    check();
    await members.emit({ type: isEnd ? "done" : "checkpoint", updates });
  };
  const callback: Callback = {
    onTrainBegin: async (begun) => {
      training = begun;
      if (!checkpoint) await commit({}, false);
    },
    onTrainEnd: async () => {
      await commit({}, true);
      await members.until(() => {
        check();
        return members.group?.isDone || undefined;
      });
    },
  };
  const callbacks = [...(fit.options.fit.callbacks as Callback[]), rounds, callback];
  let options: FitOptions = { ...fit.options.fit, callbacks };
  if (!leads) options.verbose = 0;
  if (checkpoint) {
    options = await checkpoints.resume(checkpoint.name, session.model, options, callbacks).catch(async (error) => {
      // It is removed when there is a newer one, which this worker may not have heard of.
      const now = await members.change(() => undefined);
      check();
      if (now?.checkpoint?.name !== checkpoint.name) throw new GroupChanged("the checkpoint has changed");
      throw error;
    });
  }
  const { verbose = "auto" } = options;
  const progress = verbose === 0 ? undefined : new (await import("./job-progress.ts")).JobProgress(verbose, fit.status);

  const exchange = openExchange({
    rank,
    size,
    generation,
    length: vectorLength(compiled),
    step: updates,
    wire: { send: (to, bytes) => channel.send(to, bytes) },
  });
  const channel = openChannel(nc, `${members.subject}.${generation}`, rank, size, exchange.receive);
  const steps = openSteps({
    model: session.model,
    compiled,
    rounds,
    exchange,
    members,
    stepTimeout,
    rank,
    size,
    batches,
    updates,
    onUpdate: async (uncounted) => {
      check();
      members.begun();
      if (steps.updates % checkpointEvery > 0) return;
      const { position } = training as Training;
      const counted = { position: { ...position, batch: position.batch + 1 }, lastBatch: uncounted };
      await commit(uncounted ? counted : {}, false);
    },
  });
  Object.assign(fit.training, { steps, exchange });
  const watch = watcher(exchange, members, generation, stepTimeout);
  if (!isDone) {
    members.onTick = (wasAway) => {
      try {
        check();
        if (members.group?.isDone) throw new GroupChanged("the job is done");
        watch(wasAway);
      } catch (error) {
        exchange.fail(error as Error);
      }
    };
  }
  try {
    return await runFit(session, jobData(label, fit.data), options, steps, progress);
  } finally {
    members.onTick = () => {};
    channel.close();
    steps.dispose();
  }
}

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
  return (wasAway?: boolean) => {
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

// Who works for a job: heartbeats, and the group that all agree on.
import { stateError } from "../errors.ts";
import type { Bucket, Entry } from "./bucket.ts";
import type { NatsConnection } from "./connection.ts";
import type { JobEvent } from "./events.ts";
import { type Group, type GroupSize, nextGroup, noGroup } from "./group.ts";
import { fromBytes, isMissing, isRefusal, isTransient, send, toBytes } from "./jetstream.ts";
import { keptAs } from "./job-name.ts";
import { pause } from "./pause.ts";
import { deadAfter, heartbeatEvery, maxLateness, startAllowance, tickEvery } from "./timing.ts";

/** Says that a worker is alive. */
interface Heartbeat {
  readonly id: string;
  /** Milliseconds that the worker may be silent for, beyond the usual: it computes. */
  readonly silent: number;
  /** Whether it is in callbacks, validation, a checkpoint or reading data, all of which may take long. */
  readonly isBetweenSteps: boolean;
  readonly hasLeft: boolean;
}

const key = "group";

/** What {@link openMembers} gives. */
export type Members = ReturnType<typeof openMembers>;

/**
 * Who works for a job: heartbeats of all workers, and the group that they have agreed on. Begins to send and to watch
 * heartbeats.
 * @param onEvent of the user.
 */
export function openMembers(
  nc: NatsConnection,
  bucket: Bucket,
  job: string,
  size: GroupSize,
  onEvent: (event: JobEvent) => void,
) {
  const id = crypto.randomUUID().slice(0, 8);
  const subject = `aretejs.${job}`;
  const joinedAt = performance.now();
  /** When a worker's silence will mean that it is dead. */
  const aliveUntil = new Map<string, number>();
  const betweenStepsAt = new Map<string, number>();
  /** The number of the change that made the group. */
  let revision = 0;
  let lastTick = joinedAt;
  /** By how many milliseconds the ticks of the last seconds have come too late, at most. */
  let lateness = 0;
  /** Milliseconds for which this worker may be silent now in any case. */
  let allowance = 0;
  let lastBeat = 0;
  let incompleteSince: number | undefined;
  let isProposing = false;
  let hasLeft = false;
  /** Resolves when the server has heard that this worker has left. */
  let leaving: Promise<void> | undefined;
  /** What ends this worker's part in the job: an error of `onEvent`, or a permission that is missing. */
  let failure: { readonly error: unknown } | undefined;

  const fault = (rule: string, expected: string, received: string, advice = "") =>
    stateError(`job "${job}"`, { rule, expected, received, advice });

  const refused = ({ message }: Error) =>
    fault("the server must allow what workers do", "permissions for the subjects of the job", message);

  const fail = (error: unknown): void => {
    failure ??= { error };
    members.onTick();
  };

  /** Others are given time to be heard: this worker was not able to hear them, or they are new to it. */
  const awaitHeartbeats = (ids: Iterable<string>): void => {
    const until = performance.now() + deadAfter;
    for (const other of ids) aliveUntil.set(other, Math.max(aliveUntil.get(other) ?? 0, until));
  };

  const adopt = (entry: Entry<Group> | undefined): void => {
    if (!entry || entry.revision <= revision) return;
    const before = members.group?.generation;
    const { generation, members: ids } = entry.value;
    revision = entry.revision;
    members.group = entry.value;
    incompleteSince = undefined;
    if (before === generation) return;
    awaitHeartbeats(ids);
    void members.emit({ type: "generation", generation, members: ids });
  };

  /**
   * The group on the server. Where what the job keeps there was removed, this worker's part in it ends: a job of this
   * name that was made since has other workers.
   */
  const read = async (): Promise<Entry<Group> | undefined> => {
    const begunBy = (group?: Group) => group?.log[0]?.members[0];
    try {
      const entry = await bucket.get<Group>(key);
      if (!members.group || begunBy(entry?.value) === begunBy(members.group)) return entry;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    const error = fault("the job was removed", "its members on the server", "none, or those of another job");
    fail(error);
    throw error;
  };

  /** Looks at the group. Where that fails, a later time will succeed, or the connection is closed. */
  const refresh = (): void => {
    read().then(
      (entry) => {
        members.unanswered = undefined;
        adopt(entry);
      },
      (error) => {
        members.unanswered = error;
        if (isRefusal(error)) fail(refused(error));
      },
    );
  };

  const hear = ({ id: other, silent, isBetweenSteps, hasLeft }: Heartbeat): void => {
    const now = performance.now();
    if (isBetweenSteps) betweenStepsAt.set(other, now);
    if (hasLeft) aliveUntil.delete(other);
    else aliveUntil.set(other, now + deadAfter + silent);
  };

  const watchConnection = async (): Promise<void> => {
    for await (const { type, error } of status) {
      if (type === "disconnect") {
        members.connected = false;
        void members.emit({ type: "disconnected" });
      } else if (isRefusal(error) && concerns(error.message)) fail(refused(error));
      else if (type === "reconnect") {
        members.connected = true;
        awaitHeartbeats(aliveUntil.keys());
        members.beat();
        void members.emit({ type: "reconnected" });
      }
    }
    // The connection is closed, or this worker has left.
    clearInterval(timer);
    members.onTick();
  };

  /** Whether a message of the client is about this job: the connection may serve other purposes, too. */
  const concerns = (message: string): boolean =>
    [`"${subject}.`, `"$KV.${keptAs(job)}.`].some((begin) => message.includes(begin));

  const tick = (): void => {
    const now = performance.now();
    const late = now - lastTick - tickEvery;
    // The event loop was blocked, or the process was stopped.
    const wasAway = late > 3 * tickEvery;
    if (wasAway) awaitHeartbeats(aliveUntil.keys());
    // On a machine that has too much to do, others wait longer.
    lateness = Math.min(maxLateness, Math.max(late, 0.98 * lateness));
    lastTick = now;
    members.onTick(wasAway || !members.connected);
    if (!members.connected || nc.isClosed()) return;
    if (now - lastBeat >= heartbeatEvery) {
      members.beat();
      refresh();
    }
    if (!isProposing) propose(now).catch(() => {});
  };

  /** Proposes the first group, or the next one where members are dead. */
  const propose = async (now: number): Promise<void> => {
    const { group = noGroup } = members;
    const present = members.present(now);
    const next = isComplete(group, present, now) ? undefined : nextGroup(group, present, size);
    const place = next?.members.indexOf(id) ?? -1;
    incompleteSince = next ? (incompleteSince ?? now) : undefined;
    // The first of the new members proposes; the others do where it does not.
    if (place < 0 || now - (incompleteSince ?? now) < place * heartbeatEvery) return;
    isProposing = true;
    try {
      await members.change((current = noGroup) =>
        current.generation === group.generation ? nextGroup(current, present, size) : undefined,
      );
    } finally {
      isProposing = false;
    }
  };

  /** Whether all members are alive, as far as this worker can know. Then others wait for a checkpoint. */
  const isComplete = ({ generation, members: ids }: Group, present: readonly string[], now: number): boolean => {
    if (generation === 0) return false;
    if (ids.every((member) => present.includes(member))) return true;
    // Who has just come has not heard all that are alive.
    return !ids.includes(id) && now - joinedAt < deadAfter + heartbeatEvery;
  };

  const leave = async (): Promise<void> => {
    members.beat(0, true);
    hasLeft = true;
    clearInterval(timer);
    status.stop?.();
    for (const subscription of subscriptions) subscription.unsubscribe();
    members.onTick();
    // A connection that is closed at once may lose what was sent last.
    if (members.connected && !nc.isClosed()) await bucket.get(key).catch(() => {});
  };

  const members = {
    /** This worker's name among the members. */
    id,
    /** The subject that all of the job's begin with. */
    subject,
    /** How many workers the job has. */
    size,
    /** When a worker has last said that it is between steps, by `performance.now`. */
    betweenStepsAt,
    /** The newest group that this worker knows. */
    group: undefined as Group | undefined,
    /** Why it could not be read last; undefined where it was read. */
    unanswered: undefined as unknown,
    /** Whether messages reach the server now. */
    connected: true,
    /** Whether this worker is between steps: see {@link Heartbeat}. */
    isBetweenSteps: true,
    /** Called four times a second, and when something has failed. @param wasAway whether nothing could have come. */
    onTick: (_wasAway?: boolean): void => {},

    /** Says that this worker begins, and may be silent: programs read data, models are made, checkpoints are read. */
    begin(): void {
      allowance = startAllowance;
      members.isBetweenSteps = true;
      members.beat();
    },

    /** The counterpart of {@link begin}. */
    begun(): void {
      if (allowance === 0) return;
      allowance = 0;
      members.beat();
    },

    /**
     * Sends a heartbeat.
     * @param silent others wait at least so many milliseconds longer for the next one, while this worker computes.
     */
    beat(silent = 0, isLast = false): void {
      if (hasLeft) return;
      const heartbeat: Heartbeat = {
        id,
        silent: Math.max(silent, allowance, Math.round(4 * lateness)),
        isBetweenSteps: members.isBetweenSteps,
        hasLeft: isLast,
      };
      lastBeat = performance.now();
      send(nc, `${subject}.alive`, toBytes(heartbeat));
    },

    /** Tells the others that this worker leaves, and listens no more. Resolves when the server has heard it. */
    leave(): Promise<void> {
      leaving ??= leave();
      return leaving;
    },

    /**
     * Calls `onEvent`, as long as this worker has not left. What it throws ends this worker's part in the job: see
     * {@link checkOpen}.
     */
    async emit(event: JobEvent): Promise<void> {
      if (hasLeft) return;
      try {
        await onEvent(event);
      } catch (error) {
        fail(error);
      }
    },

    /**
     * Checks that this worker still has a part in the job.
     * @throws what has failed; StateError where the connection is closed, or this worker has left.
     */
    checkOpen(): void {
      if (failure) throw failure.error;
      const advice = "Connect, and join again: the job goes on from its last checkpoint.";
      if (hasLeft) throw fault("this worker has left", "one that trains", "one that called leave", advice);
      if (nc.isClosed())
        throw fault("the connection is closed", "a worker that is connected", "one that is not", advice);
    },

    /**
     * Tries four times a second, until `act` gives something, and the server has answered where it is asked.
     * @throws what {@link checkOpen} and `act` throw, but for errors that another try may not have.
     */
    async until<T>(act: () => T | undefined | Promise<T | undefined>): Promise<T> {
      for (;;) {
        members.checkOpen();
        try {
          const found = await act();
          if (found !== undefined) return found;
        } catch (error) {
          if (isRefusal(error)) throw refused(error);
          if (!nc.isClosed() && !isTransient(error)) throw error;
        }
        await pause();
      }
    },

    /**
     * Changes the group, unless `next` gives undefined. It is called again where another was faster, or where the
     * server's answer was lost.
     * @returns the group as it is then.
     */
    async change(next: (group: Group | undefined) => Group | undefined): Promise<Group | undefined> {
      const { entry } = await members.until(async () => {
        const entry = await read();
        const value = next(entry?.value);
        if (!value) return { entry };
        const revision = await bucket.set(key, value, entry?.revision ?? 0);
        return revision === undefined ? undefined : { entry: { value, revision } };
      });
      adopt(entry);
      return entry?.value;
    },

    /** Drops members that are too slow. */
    async drop(generation: number, late: readonly string[]): Promise<void> {
      const after = await members.change((group) =>
        group?.generation === generation ? nextGroup(group, members.present(), size, late) : undefined,
      );
      const dropped = late.filter((other) => after?.dropped.includes(other));
      if (dropped.length > 0) await members.emit({ type: "dropped", members: dropped });
    },

    /** The workers that are alive, this one among them. */
    present(now = performance.now()): string[] {
      const others = [...aliveUntil].filter(([, until]) => now < until).map(([other]) => other);
      return [...new Set([id, ...others])];
    },
  };

  const status = nc.status();
  const subscriptions = [
    nc.subscribe(`${subject}.alive`, {
      callback: (error, { data }) => {
        if (!error) hear(fromBytes(data));
      },
    }),
    bucket.watch(key, refresh),
  ];
  void watchConnection();
  refresh();
  members.beat();
  const timer = setInterval(tick, tickEvery);
  return members;
}

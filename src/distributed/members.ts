import { stateError } from "../errors.ts";
import type { Bucket, Entry } from "./bucket.ts";
import type { NatsConnection, NatsSubscription } from "./connection.ts";
import type { JobEvent } from "./events.ts";
import { type Group, type GroupSize, nextGroup, noGroup } from "./group.ts";
import { isRefusal, isTransient } from "./jetstream.ts";
import { pause } from "./pause.ts";
import { deadAfter, heartbeatEvery, maxLateness, startAllowance, tickEvery } from "./timing.ts";

/** A sign of life. */
interface Heartbeat {
  readonly id: string;
  /** Milliseconds that the worker may be silent for, beyond the usual: it computes. */
  readonly silent?: number;
  /** Whether it is between steps: see {@link Members.isBetweenSteps}. */
  readonly isBetweenSteps?: boolean;
  readonly hasLeft?: boolean;
}

const key = "group";

/** Who works for a job: signs of life of all workers, and the group that they have agreed on. */
export class Members {
  readonly id: string;
  /** The newest group that this worker knows. */
  group: Group | undefined;
  private revision = 0;
  /** When a worker's silence will mean that it is dead. */
  private readonly aliveUntil = new Map<string, number>();
  /** When a worker has last said that it is between steps. */
  private readonly betweenSteps = new Map<string, number>();
  private readonly listeners = new Set<() => void>();
  private readonly subscriptions: NatsSubscription[] = [];
  private endWatch: (() => void) | undefined;
  private readonly status: ReturnType<NatsConnection["status"]>;
  private timer: ReturnType<typeof setInterval> | undefined;
  private lastTick = performance.now();
  /** By how many milliseconds the ticks of the last seconds have come too late, at most. */
  private lateness = 0;
  /** Milliseconds for which it may be silent now in any case. */
  private allowance = 0;
  /** Whether this worker is between steps: in callbacks, validation or a checkpoint, all of which may take long. */
  isBetweenSteps = true;
  private lastBeat = 0;
  private readonly joinedAt = performance.now();
  private incompleteSince: number | undefined;
  /** Whether messages reach the server now. */
  connected = true;
  private isProposing = false;
  private hasLeft = false;
  /** What ends this worker's part in the job: an error of `onEvent`, or a permission that is missing. */
  private failure: { readonly error: unknown } | undefined;

  /** @param onEvent of the user. */
  constructor(
    private readonly nc: NatsConnection,
    private readonly bucket: Bucket,
    private readonly job: string,
    readonly size: GroupSize,
    private readonly onEvent: (event: JobEvent) => void,
  ) {
    this.id = crypto.randomUUID().slice(0, 8);
    this.status = nc.status();
  }

  /** Begins to give and to watch signs of life. @param deadline when to give up, by `performance.now`. */
  async start(deadline: number): Promise<void> {
    const alive = this.nc.subscribe(`${this.subject}.alive`, {
      callback: (error, { data }) => {
        if (!error) this.hear(JSON.parse(new TextDecoder().decode(data)));
      },
    });
    this.subscriptions.push(alive);
    this.endWatch = this.bucket.watch(key, () => this.tryRefresh());
    void this.watchConnection();
    await this.retry(() => this.refresh(), deadline);
    this.checkOpen();
    this.beat();
    this.timer = setInterval(() => this.tick(), tickEvery);
  }

  /** The subject that all of the job's begin with. */
  get subject(): string {
    return `aretejs.${this.job}`;
  }

  /** Says that this worker begins, and may be silent: programs read data, models are made, checkpoints are read. */
  begin(): void {
    this.allowance = startAllowance;
    this.isBetweenSteps = true;
    this.beat();
  }

  /** The counterpart of {@link begin}. */
  begun(): void {
    if (this.allowance === 0) return;
    this.allowance = 0;
    this.beat();
  }

  /** Tells the others that this worker leaves, and listens no more. Resolves when the server has heard it. */
  async leave(): Promise<void> {
    if (this.hasLeft) return;
    this.beat(0, true);
    this.hasLeft = true;
    clearInterval(this.timer);
    this.endWatch?.();
    this.status.stop?.();
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    this.notify();
    // A connection that is closed at once may lose what was sent last.
    if (this.connected && !this.nc.isClosed()) await this.bucket.get(key).catch(() => {});
  }

  /**
   * Calls `onEvent`, as long as this worker has not left. What it throws ends this worker's part in the job: see
   * {@link checkOpen}.
   */
  async emit(event: JobEvent): Promise<void> {
    if (this.hasLeft) return;
    try {
      await this.onEvent(event);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Calls back when group or connection have changed, or something has failed. Gives a function that ends it. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Waits for a group; gives what `find` gives, as soon as that is not undefined.
   * @throws what `find` throws; StateError where the connection is closed, or this worker has left.
   */
  async waitFor<T>(find: (group: Group | undefined) => T | undefined): Promise<T> {
    for (;;) {
      this.checkOpen();
      const found = find(this.group);
      if (found !== undefined) return found;
      await this.nextChange();
    }
  }

  /**
   * Changes the group, unless `change` gives undefined. It is called again where another was faster.
   * @returns the group as it is then.
   */
  async change(change: (group: Group | undefined) => Group | undefined): Promise<Group | undefined> {
    for (;;) {
      const entry = await this.retry(() => this.bucket.get<Group>(key));
      const next = change(entry?.value);
      if (!next) {
        if (entry) this.adopt(entry);
        return entry?.value;
      }
      const revision = await this.retryOnce(() => this.bucket.set(key, next, entry?.revision ?? 0));
      if (revision === undefined) continue;
      this.adopt({ value: next, revision });
      return next;
    }
  }

  /** Tries until the server answers. @throws what {@link checkOpen} throws, and what another try will not change. */
  async retry<T>(act: () => Promise<T>, deadline = Number.POSITIVE_INFINITY): Promise<T> {
    for (;;) {
      this.checkOpen();
      try {
        return await act();
      } catch (error) {
        if (isRefusal(error)) throw this.refused(error);
        if (this.nc.isClosed() || !isTransient(error)) throw error;
        if (performance.now() > deadline)
          throw this.fault("the server must answer", "an answer in time", String(error));
        await pause();
      }
    }
  }

  /** Drops members that are too slow. */
  async drop(generation: number, late: readonly string[]): Promise<void> {
    const after = await this.change((group) =>
      group?.generation === generation ? nextGroup(group, this.present(), this.size, late) : undefined,
    );
    const dropped = late.filter((id) => after?.dropped.includes(id));
    if (dropped.length > 0) await this.emit({ type: "dropped", members: dropped });
  }

  /** When a worker has last said that it is between steps. */
  betweenStepsAt(id: string): number {
    return this.betweenSteps.get(id) ?? 0;
  }

  /** The workers that are alive, this one among them. */
  present(now = performance.now()): string[] {
    const others = [...this.aliveUntil].filter(([, until]) => now < until).map(([id]) => id);
    return [...new Set([this.id, ...others])];
  }

  private async retryOnce<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch {
      // Whether it was written is not known: what is there decides.
      this.checkOpen();
      await pause();
      return undefined;
    }
  }

  /** @throws what has failed; StateError where the connection is closed, or this worker has left. */
  checkOpen(): void {
    if (this.failure) throw this.failure.error;
    const advice = "Connect, and join again: the job goes on from its last checkpoint.";
    if (this.hasLeft) throw this.fault("this worker has left", "one that trains", "one that called leave", advice);
    if (this.nc.isClosed())
      throw this.fault("the connection is closed", "a worker that is connected", "one that is not", advice);
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.notify();
  }

  /** Whether a message of the client is about this job: the connection may serve other purposes, too. */
  private concerns(message: string): boolean {
    return [`"${this.subject}.`, `"$KV.aretejs_${this.job}.`].some((subject) => message.includes(subject));
  }

  private refused({ message }: Error): Error {
    return this.fault("the server must allow what workers do", "permissions for the subjects of the job", message);
  }

  private fault(rule: string, expected: string, received: string, advice = ""): Error {
    return stateError(`job "${this.job}"`, { rule, expected, received, advice });
  }

  /** Waits for a change, or a second. */
  private nextChange(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        end();
        resolve();
      };
      const timer = setTimeout(done, heartbeatEvery);
      const end = this.listen(done);
    });
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener();
  }

  private async refresh(): Promise<void> {
    const entry = await this.bucket.get<Group>(key);
    if (entry) this.adopt(entry);
  }

  /** Where it fails, a later one will succeed, or the connection is closed. */
  private tryRefresh(): void {
    this.refresh().catch(() => {});
  }

  private adopt({ value, revision }: Entry<Group>): void {
    if (revision <= this.revision) return;
    this.revision = revision;
    const { generation: before } = this.group ?? {};
    this.group = value;
    this.incompleteSince = undefined;
    if (before !== value.generation) {
      // Some of them this worker may not have heard yet.
      const until = performance.now() + deadAfter;
      for (const id of value.members) this.aliveUntil.set(id, Math.max(this.aliveUntil.get(id) ?? 0, until));
      void this.emit({ type: "generation", generation: value.generation, members: value.members });
    }
    this.notify();
  }

  private hear({ id, silent = 0, isBetweenSteps = false, hasLeft = false }: Heartbeat): void {
    const now = performance.now();
    if (isBetweenSteps) this.betweenSteps.set(id, now);
    if (hasLeft) this.aliveUntil.delete(id);
    else this.aliveUntil.set(id, now + deadAfter + silent);
  }

  /** On a machine that has too much to do, others wait longer. */
  private get silence(): number {
    return Math.max(this.allowance, Math.round(4 * this.lateness));
  }

  /**
   * Gives a sign of life.
   * @param silent others wait at least so many milliseconds longer for the next one, while this worker computes.
   */
  beat(silent = 0, hasLeft = false): void {
    if (this.hasLeft || this.nc.isClosed()) return;
    const { id, isBetweenSteps } = this;
    const sign: Heartbeat = { id, silent: Math.max(silent, this.silence), isBetweenSteps, hasLeft };
    this.lastBeat = performance.now();
    this.nc.publish(`${this.subject}.alive`, new TextEncoder().encode(JSON.stringify(sign)));
  }

  /** Whoever was known is given time to be heard: this worker was not able to hear. */
  private forgive(): void {
    const until = performance.now() + deadAfter;
    for (const [id, known] of this.aliveUntil) this.aliveUntil.set(id, Math.max(known, until));
  }

  private async watchConnection(): Promise<void> {
    for await (const { type, error } of this.status) {
      if (type === "disconnect") {
        this.connected = false;
        void this.emit({ type: "disconnected" });
      } else if (isRefusal(error) && this.concerns(error.message)) this.fail(this.refused(error));
      else if (type === "reconnect") {
        this.connected = true;
        this.forgive();
        this.beat();
        void this.emit({ type: "reconnected" });
        this.notify();
      }
    }
    // The connection is closed.
    clearInterval(this.timer);
    this.notify();
  }

  private tick(): void {
    const now = performance.now();
    const late = now - this.lastTick - tickEvery;
    // The event loop was blocked, or the process was stopped.
    if (late > 3 * tickEvery) this.forgive();
    this.lateness = Math.min(maxLateness, Math.max(late, 0.98 * this.lateness));
    this.lastTick = now;
    if (!this.connected || this.nc.isClosed()) return;
    if (now - this.lastBeat >= heartbeatEvery) {
      this.beat();
      this.tryRefresh();
    }
    if (!this.isProposing) void this.propose(now).catch(() => {});
  }

  /** Proposes the first group, or the next one where members are dead. */
  private async propose(now: number): Promise<void> {
    const { group = noGroup, id } = this;
    const present = this.present(now);
    const next = this.isComplete(group, present, now) ? undefined : nextGroup(group, present, this.size);
    const place = next?.members.indexOf(id) ?? -1;
    this.incompleteSince = next ? (this.incompleteSince ?? now) : undefined;
    // The first of the new members proposes; the others do where it does not.
    if (place < 0 || now - (this.incompleteSince ?? now) < place * heartbeatEvery) return;
    this.isProposing = true;
    try {
      await this.change((current = noGroup) =>
        current.generation === group.generation ? nextGroup(current, present, this.size) : undefined,
      );
    } finally {
      this.isProposing = false;
    }
  }

  /** Whether all members are alive, as far as this worker can know. Then others wait for a checkpoint. */
  private isComplete({ generation, members }: Group, present: readonly string[], now: number): boolean {
    if (generation === 0) return false;
    if (members.every((member) => present.includes(member))) return true;
    // Who has just come has not heard all that are alive.
    return !members.includes(this.id) && now - this.joinedAt < deadAfter + heartbeatEvery;
  }
}

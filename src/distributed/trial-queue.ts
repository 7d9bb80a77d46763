// The trials of a search that wait for a worker.
import type { NatsConnection, NatsMessage } from "./connection.ts";
import { api, isTransient, makeStream, send, writeAfter } from "./jetstream.ts";
import { keptAs } from "./job-name.ts";
import { pause } from "./pause.ts";

/** A trial that this worker has taken from the queue. */
export interface Taken {
  readonly index: number;
  /** How often it was handed out, from 1. */
  readonly attempt: number;
  /** Says that it is being worked on: for another `ackWait` it is not given to others. */
  keep(): void;
  /** Removes it from the queue. */
  remove(): void;
  /** Gives it to the next worker that asks. */
  giveBack(): void;
}

/** Milliseconds after which the server answers that there is no trial now. */
const patience = 1000;
/** Trials that are written before the first is acknowledged. */
const inFlight = 32;

/**
 * The trials that wait for a worker, by their numbers: a work queue of JetStream. One that was taken comes back, unless
 * it is removed, or its worker says in time that it keeps it.
 */
export class TrialQueue {
  /** `removeJob` removes it, too. */
  private readonly stream: string;
  /** What the server was asked for last; one trial at a time. */
  private asked: Promise<Taken | undefined> | undefined;
  private interruption: (() => void) | undefined;

  private constructor(
    private readonly nc: NatsConnection,
    private readonly job: string,
  ) {
    this.stream = `TRIALS_${keptAs(job)}`;
  }

  /** Opens the queue; makes it, where there is none. @param ackWait milliseconds: see `SearchOptions`. */
  static async open(nc: NatsConnection, job: string, ackWait: number): Promise<TrialQueue> {
    const queue = new TrialQueue(nc, job);
    const { stream } = queue;
    await makeStream(nc, {
      name: stream,
      subjects: [`aretejs.${job}.trials.*`],
      retention: "workqueue",
      max_msgs_per_subject: 1,
    });
    await api(nc, `CONSUMER.CREATE.${stream}.workers`, {
      stream_name: stream,
      // Times in nanoseconds.
      config: { durable_name: "workers", ack_policy: "explicit", ack_wait: ackWait * 1e6, max_ack_pending: -1 },
    });
    return queue;
  }

  /** Puts trials into the queue, but for those that are in it. */
  async fill(indices: readonly number[]): Promise<void> {
    for (let first = 0; first < indices.length; first += inFlight)
      await Promise.all(indices.slice(first, first + inFlight).map((index) => this.add(index)));
  }

  /** The next trial; undefined where there is none for now, or {@link interrupt} is called. */
  async next(): Promise<Taken | undefined> {
    this.asked ??= this.ask();
    const interrupted = new Promise<void>((resolve) => {
      this.interruption = resolve;
    });
    const found = await Promise.race([this.asked.then((taken) => ({ taken })), interrupted]);
    if (!found) return undefined;
    this.asked = undefined;
    return found.taken;
  }

  /** Lets {@link next} return without a trial. */
  interrupt(): void {
    this.interruption?.();
  }

  /** Gives back the trial that {@link next} would give, where there is one. */
  close(): void {
    this.asked?.then((taken) => taken?.giveBack()).catch(() => {});
  }

  private async add(index: number): Promise<void> {
    await writeAfter(this.nc, 0, `aretejs.${this.job}.trials.${index}`, new Uint8Array());
  }

  private async ask(): Promise<Taken | undefined> {
    try {
      const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.stream}.workers`;
      const query = JSON.stringify({ batch: 1, expires: patience * 1e6 });
      // The answer keeps the subject under which the trial was written, so it needs a subscription of its own.
      const message = await this.nc.request(subject, query, { timeout: 3 * patience, noMux: true });
      const taken = this.takenOf(message);
      // Other answers than "none within this time" come at once.
      if (!taken && message.headers?.code !== 408) await pause();
      return taken;
    } catch (error) {
      if (!isTransient(error)) throw error;
      await pause();
      return undefined;
    }
  }

  private takenOf({ subject, reply }: NatsMessage): Taken | undefined {
    if (!reply) return undefined;
    const say = (text: string) => send(this.nc, reply, new TextEncoder().encode(text));
    // $JS.ACK.[domain.account.]stream.consumer.deliveries. …
    const tokens = reply.split(".");
    return {
      index: Number(subject.split(".").at(-1)),
      attempt: Number(tokens[tokens.length > 9 ? 6 : 4]),
      keep: () => say("+WPI"),
      remove: () => say("+ACK"),
      giveBack: () => say("-NAK"),
    };
  }
}

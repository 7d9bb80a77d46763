import type { NatsConnection, NatsSubscription } from "./connection.ts";
import { isConflict, JetStream } from "./jetstream.ts";

/** A value with the number of its last change. */
export interface Entry<T> {
  readonly value: T;
  readonly revision: number;
}

/** A key-value bucket of NATS with JSON in it: `nats kv` and `@nats-io/kv` read it, too. */
export class Bucket {
  private readonly stream: string;
  private readonly js: JetStream;

  private constructor(
    private readonly nc: NatsConnection,
    private readonly name: string,
  ) {
    this.stream = `KV_${name}`;
    this.js = new JetStream(nc);
  }

  /** Opens a bucket; makes it, where there is none. */
  static async open(nc: NatsConnection, name: string): Promise<Bucket> {
    const bucket = new Bucket(nc, name);
    await bucket.js.makeStream({
      name: bucket.stream,
      subjects: [`$KV.${name}.>`],
      max_msgs_per_subject: 1,
      deny_delete: true,
    });
    return bucket;
  }

  /** The value of a key; undefined where it has none. */
  async get<T>(key: string): Promise<Entry<T> | undefined> {
    const found = await this.js.last(this.stream, this.subject(key));
    return found && { value: JSON.parse(new TextDecoder().decode(found.data)), revision: found.seq };
  }

  /**
   * Sets a key whose last change has this number, 0 for one that has no value yet. Gives the number of this change;
   * undefined where another was faster.
   */
  async set(key: string, value: unknown, revision: number): Promise<number | undefined> {
    try {
      return await this.js.write(this.subject(key), new TextEncoder().encode(JSON.stringify(value)), {
        "Nats-Expected-Last-Subject-Sequence": revision,
      });
    } catch (error) {
      if (isConflict(error)) return undefined;
      throw error;
    }
  }

  /** Calls back when a key is set, as long as nothing is lost on the way. */
  watch(key: string, changed: () => void): NatsSubscription {
    return this.nc.subscribe(this.subject(key), { callback: changed });
  }

  private subject(key: string): string {
    return `$KV.${this.name}.${key}`;
  }
}

// A key-value bucket on the server: what workers agree on.
import type { NatsConnection, NatsSubscription } from "./connection.ts";
import { find, fromBytes, JetStreamError, makeStream, toBytes, writeAfter } from "./jetstream.ts";

/** A value with the number of its last change. */
export interface Entry<T> {
  readonly value: T;
  readonly revision: number;
}

/** What {@link openBucket} gives. */
export interface Bucket {
  /** The value of a key; undefined where it has none. */
  get<T>(key: string): Promise<Entry<T> | undefined>;
  /**
   * Sets a key whose last change has this number, 0 for one that has no value yet. Gives the number of this change;
   * undefined where another was faster.
   */
  set(key: string, value: unknown, revision: number): Promise<number | undefined>;
  /** Calls back when a key is set, as long as nothing is lost on the way. */
  watch(key: string, changed: () => void): NatsSubscription;
}

/**
 * A key-value bucket of NATS with JSON in it: `nats kv` and `@nats-io/kv` read it, too. Made where there is none.
 * @throws StateError where the server has no JetStream.
 */
export async function openBucket(nc: NatsConnection, name: string): Promise<Bucket> {
  const subjects = `$KV.${name}.`;
  try {
    await makeStream(nc, {
      name: `KV_${name}`,
      subjects: [`${subjects}>`],
      max_msgs_per_subject: 1,
      deny_delete: true,
    });
  } catch (error) {
    if (error instanceof JetStreamError) throw error;
    throw (await import("./job-refusals.ts")).noJetStream(error);
  }
  return {
    async get(key) {
      const found = await find(nc, `KV_${name}`, { last_by_subj: subjects + key });
      return found && { value: fromBytes(found.data), revision: found.seq };
    },
    set: (key, value, revision) => writeAfter(nc, revision, subjects + key, toBytes(value)),
    watch: (key, changed) => nc.subscribe(subjects + key, { callback: changed }),
  };
}

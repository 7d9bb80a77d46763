// A NATS server with JetStream in memory: as much of it as jobs use.
import type { NatsConnection, NatsMessage } from "../../src/distributed/index.ts";

interface Subscription {
  readonly subject: string;
  readonly callback: (error: Error | null, message: NatsMessage) => void;
}

interface Stream {
  readonly prefix: string;
  last: number;
  kept: { readonly seq: number; readonly subject: string; readonly data: Uint8Array }[];
}

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const textOf = (data: Uint8Array | string) => (typeof data === "string" ? data : new TextDecoder().decode(data));
const failed = (code: number) => ({ error: { err_code: code, description: `error ${code}` } });

/** A server in memory; `connect` gives a client of it. */
export function memoryServer() {
  const streams = new Map<string, Stream>();
  const subscriptions = new Set<Subscription>();

  const publish = (subject: string, given: Uint8Array) => {
    const data = new Uint8Array(given);
    setImmediate(() => {
      for (const each of [...subscriptions]) if (each.subject === subject) each.callback(null, { subject, data });
    });
  };

  /** Keeps a message in the stream of its subject. */
  const write = (subject: string, data: Uint8Array, headers: string): unknown => {
    const stream = [...streams.values()].find(({ prefix }) => subject.startsWith(prefix));
    if (!stream) throw Object.assign(new Error("no responders"), { name: "NoRespondersError" });
    const before = stream.kept.findLast((each) => each.subject === subject)?.seq ?? 0;
    const expected = /Expected-Last-Subject-Sequence: (\d+)/.exec(headers)?.[1];
    if (expected !== undefined && Number(expected) !== before) return failed(10071);
    if (headers.includes("Rollup") || subject.startsWith("$KV."))
      stream.kept = stream.kept.filter((each) => each.subject !== subject);
    stream.kept.push({ seq: ++stream.last, subject, data: new Uint8Array(data) });
    publish(subject, data);
    return { seq: stream.last };
  };

  /** A request of JetStream's API. */
  const answer = (action: string, name: string, query: Record<string, unknown>): unknown => {
    const stream = streams.get(name);
    if (action === "STREAM.CREATE") {
      const prefix = `${String(query.subjects).split(".").slice(0, 2).join(".")}.`;
      if (!stream) streams.set(name, { prefix, last: 0, kept: [] });
      return {};
    }
    if (!stream) return failed(10059);
    if (action === "STREAM.DELETE") streams.delete(name);
    if (action === "STREAM.PURGE") stream.kept = stream.kept.filter(({ seq }) => seq >= Number(query.seq));
    if (action !== "STREAM.MSG.GET") return {};
    const found = stream.kept.findLast(({ subject }) => subject === query.last_by_subj);
    if (!found) return failed(10037);
    return { message: { seq: found.seq, data: btoa(String.fromCharCode(...found.data)) } };
  };

  /** A message of a stream, as it was written. */
  const messageOf = (name: string, query: { seq: number; next_by_subj: string }): NatsMessage => {
    const kept = streams.get(name)?.kept ?? [];
    const found = kept.find(({ seq, subject }) => seq >= query.seq && subject === query.next_by_subj);
    const headers = { code: found ? 0 : 404, get: () => String(found?.seq ?? "") };
    return { subject: "", data: found?.data ?? new Uint8Array(), headers };
  };

  return {
    /** A client. @param before called with the subject of each request; where it throws, or rejects, so does that. */
    connect(before: (subject: string) => unknown = () => {}): NatsConnection & { close(): void } {
      let isClosed = false;
      let end = () => {};
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      const own: Subscription[] = [];
      return {
        publish: (subject, data = new Uint8Array()) => publish(subject, data),
        subscribe(subject, { callback }) {
          const subscription = { subject, callback };
          own.push(subscription);
          subscriptions.add(subscription);
          return { unsubscribe: () => subscriptions.delete(subscription) };
        },
        async request(subject, data, options) {
          await before(subject);
          await new Promise((resolve) => setImmediate(resolve));
          const { 1: action, 2: name = "" } = /^\$JS\.API\.(.*)\.(\w+)$/.exec(subject) ?? [];
          if (action === "DIRECT.GET") return messageOf(name, JSON.parse(textOf(data)));
          if (action) return { subject: "", data: bytes(answer(action, name, JSON.parse(textOf(data)))) };
          const { encode } = (options?.headers ?? {}) as { encode?: () => Uint8Array };
          return { subject: "", data: bytes(write(subject, data as Uint8Array, encode ? textOf(encode()) : "")) };
        },
        status: () => ({
          [Symbol.asyncIterator]: () => ({ next: () => ended.then(() => ({ done: true, value: undefined })) }),
          stop: end,
        }),
        isClosed: () => isClosed,
        close() {
          isClosed = true;
          for (const subscription of own) subscriptions.delete(subscription);
          end();
        },
      };
    },

    /** How many subscriptions there are. */
    get subscriptions() {
      return subscriptions.size;
    },
  };
}

// The requests of JetStream that a job needs, in the server's own protocol, so that no package is needed for them.
import { stateError } from "../errors.ts";
import type { NatsConnection, NatsMessage } from "./connection.ts";

/** An error that the server answers with. */
class JetStreamError extends Error {
  override name = "JetStreamError";
  /** @param code of JetStream, such as 10071: another has written meanwhile. */
  constructor(
    readonly code: number,
    text: string,
  ) {
    super(text);
  }
}

const codes = { wrongLastSequence: 10071, noMessage: 10037, streamExists: 10058, noStream: 10059 } as const;

/** A message of a stream. */
interface Found {
  readonly seq: number;
  readonly data: Uint8Array;
}

/** Milliseconds that a request waits for its answer. */
export const timeout = 5000;
const utf8 = new TextEncoder();

/** Headers as they are sent. */
const headersOf = (entries: Readonly<Record<string, string | number>>) => {
  const lines = Object.entries(entries).map(([name, value]) => `${name}: ${value}\r\n`);
  return { encode: () => utf8.encode(`NATS/1.0\r\n${lines.join("")}\r\n`) };
};

/** The answer to a request of JetStream's API. @throws JetStreamError. */
function answerOf<T>({ data }: NatsMessage): T {
  const answer = JSON.parse(new TextDecoder().decode(data));
  if (answer.error) throw new JetStreamError(answer.error.err_code, answer.error.description);
  return answer;
}

/** The streams of a server. */
export class JetStream {
  constructor(readonly nc: NatsConnection) {}

  /** Makes a stream, where there is none of this name. @throws StateError where the server has no JetStream. */
  async makeStream(config: Readonly<Record<string, unknown>> & { readonly name: string }): Promise<void> {
    try {
      const common = { discard: "new", allow_rollup_hdrs: true, allow_direct: true, storage: "file" };
      await this.api(`STREAM.CREATE.${config.name}`, { ...common, ...config });
    } catch (error) {
      if (error instanceof JetStreamError && error.code === codes.streamExists) return;
      if (error instanceof JetStreamError) throw error;
      throw stateError("aretejs/distributed", {
        rule: "the server must have JetStream",
        expected: 'a server started with "jetstream" in its configuration, and permission to use it',
        received: error instanceof Error ? error.message : error,
      });
    }
  }

  /** Removes a stream with all that it holds. Where there is none, nothing happens. */
  async removeStream(name: string): Promise<void> {
    try {
      await this.api(`STREAM.DELETE.${name}`, {});
    } catch (error) {
      if (!(error instanceof JetStreamError)) throw error;
    }
  }

  /**
   * Writes a message; gives its number in the stream.
   * @throws JetStreamError where the stream refuses it: see {@link isConflict}.
   */
  async write(
    subject: string,
    data: Uint8Array,
    headers: Readonly<Record<string, string | number>> = {},
  ): Promise<number> {
    return answerOf<{ seq: number }>(await this.nc.request(subject, data, { timeout, headers: headersOf(headers) }))
      .seq;
  }

  /** The last message of a subject; undefined where there is none. */
  last(stream: string, subject: string): Promise<Found | undefined> {
    return this.find(stream, { last_by_subj: subject });
  }

  /** The message that a query asks for; undefined where there is none. */
  async find(stream: string, query: Readonly<Record<string, unknown>>): Promise<Found | undefined> {
    try {
      const { message } = await this.api<{ message: { seq: number; data?: string } }>(
        `STREAM.MSG.GET.${stream}`,
        query,
      );
      const text = atob(message.data ?? "");
      return { seq: message.seq, data: Uint8Array.from(text, (letter) => letter.charCodeAt(0)) };
    } catch (error) {
      if (error instanceof JetStreamError && error.code === codes.noMessage) return undefined;
      throw error;
    }
  }

  /** A request of the API. @throws JetStreamError. */
  async api<T>(subject: string, query: unknown): Promise<T> {
    return answerOf(await this.nc.request(`$JS.API.${subject}`, JSON.stringify(query), { timeout }));
  }
}

/** Whether a write was refused since another has written meanwhile. */
export const isConflict = (error: unknown): boolean =>
  error instanceof JetStreamError && error.code === codes.wrongLastSequence;

/** Whether a stream is not there. */
export const isMissing = (error: unknown): boolean => error instanceof JetStreamError && error.code === codes.noStream;

/** What the official clients say where the server does not allow to send to a subject, or to hear it. */
export const isRefusal = (error: unknown): error is Error =>
  error instanceof Error && /permissions violation/i.test(error.message);

/** Whether an error of a request may be gone at the next try: the server was not there, or did not answer in time. */
export const isTransient = (error: unknown): boolean =>
  error instanceof Error &&
  (/Timeout|NoResponders|Request|Connection|Closed/.test(error.name) || /timeout|no responders/i.test(error.message)) &&
  !isRefusal(error);

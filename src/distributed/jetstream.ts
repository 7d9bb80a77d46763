// Messages, and the requests of JetStream that a job needs, in the server's own protocol, so that no package is needed.
import type { NatsConnection, NatsMessage } from "./connection.ts";

/** An error that the server answers with. */
export class JetStreamError extends Error {
  override name = "JetStreamError";
  /** @param code of JetStream, such as 10071: another has written meanwhile. */
  constructor(
    readonly code: number,
    text: string,
  ) {
    super(text);
  }
}

/** Whether the server has answered so. */
const isAnswer = (error: unknown, code: number): boolean => error instanceof JetStreamError && error.code === code;

/** Whether a stream is not there. */
export const isMissing = (error: unknown): boolean => isAnswer(error, 10059);

/** What the official clients say where the server does not allow to send to a subject, or to hear it. */
export const isRefusal = (error: unknown): error is Error =>
  error instanceof Error && /permissions violation/i.test(error.message);

/** Whether an error of a request may be gone at the next try: the server was not there, or did not answer in time. */
export const isTransient = (error: unknown): boolean =>
  error instanceof Error &&
  (/Timeout|NoResponders|Request|Connection|Closed/.test(error.name) ||
    /^(timeout|no responders)/i.test(error.message)) &&
  !isRefusal(error);

/** Sends a message, unless the connection is closed, or is drained and about to be closed. */
export function send(nc: NatsConnection, subject: string, data: Uint8Array): void {
  try {
    if (!nc.isClosed()) nc.publish(subject, data);
  } catch (error) {
    if (!isTransient(error)) throw error;
  }
}

/** Milliseconds that a request waits for its answer. */
export const timeout = 5000;

/** A value as the bytes of its JSON, and back. */
export const toBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
export const fromBytes = <T>(bytes: Uint8Array): T => JSON.parse(new TextDecoder().decode(bytes));

/** What the server has answered. @throws JetStreamError. */
function answerOf<T>({ data }: NatsMessage): T {
  const answer = fromBytes<T & { error?: { err_code: number; description: string } }>(data);
  if (answer.error) throw new JetStreamError(answer.error.err_code, answer.error.description);
  return answer;
}

/** A request of JetStream's API. @throws JetStreamError. */
export const api = async <T>(nc: NatsConnection, subject: string, query: unknown): Promise<T> =>
  answerOf(await nc.request(`$JS.API.${subject}`, toBytes(query), { timeout }));

/** Makes a stream, where there is none of this name. @throws JetStreamError. */
export async function makeStream(
  nc: NatsConnection,
  config: Readonly<Record<string, unknown>> & { readonly name: string },
): Promise<void> {
  try {
    const common = { discard: "new", allow_rollup_hdrs: true, allow_direct: true, storage: "file" };
    await api(nc, `STREAM.CREATE.${config.name}`, { ...common, ...config });
  } catch (error) {
    // It is there.
    if (!isAnswer(error, 10058)) throw error;
  }
}

/** Writes a message to a stream; gives its number there. @throws JetStreamError where the stream refuses it. */
export async function write(
  nc: NatsConnection,
  subject: string,
  data: Uint8Array,
  headers: Readonly<Record<string, string | number>> = {},
): Promise<number> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const encode = () => new TextEncoder().encode(`NATS/1.0\r\n${lines.join("")}\r\n`);
  return answerOf<{ seq: number }>(await nc.request(subject, data, { timeout, headers: { encode } })).seq;
}

/**
 * Writes to a subject whose last message has this number, 0 for one that has none. Gives the number of the new one;
 * undefined where another was faster.
 */
export async function writeAfter(
  nc: NatsConnection,
  seq: number,
  subject: string,
  data: Uint8Array,
): Promise<number | undefined> {
  try {
    return await write(nc, subject, data, { "Nats-Expected-Last-Subject-Sequence": seq });
  } catch (error) {
    if (!isAnswer(error, 10071)) throw error;
    return undefined;
  }
}

/** The message of a stream that a query asks for; undefined where there is none. */
export async function find(
  nc: NatsConnection,
  stream: string,
  query: { readonly last_by_subj: string } | { readonly seq: number; readonly next_by_subj: string },
): Promise<{ readonly seq: number; readonly data: Uint8Array } | undefined> {
  try {
    const { message } = await api<{ message: { seq: number; data?: string } }>(nc, `STREAM.MSG.GET.${stream}`, query);
    const text = atob(message.data ?? "");
    return { seq: message.seq, data: Uint8Array.from(text, (letter) => letter.charCodeAt(0)) };
  } catch (error) {
    if (!isAnswer(error, 10037)) throw error;
    return undefined;
  }
}

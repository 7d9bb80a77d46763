// An object store on the server: the checkpoints of a job.
import { stateError } from "../errors.ts";
import type { NatsConnection, NatsMessage } from "./connection.ts";
import { api, find, fromBytes, makeStream, timeout, toBytes, write } from "./jetstream.ts";

/** Bytes in a message. */
const chunkBytes = 128 * 1024;
/** Messages that are written before the first is acknowledged. */
const inFlight = 8;

/** What the store keeps about an object. */
interface ObjectInfo {
  readonly nuid: string;
  readonly size: number;
  readonly chunks: number;
  readonly digest: string;
  readonly deleted?: boolean;
}

/** An object store of NATS: `nats object` and `@nats-io/obj` read it, too. */
export class ObjectStore {
  private readonly stream: string;

  private constructor(
    private readonly nc: NatsConnection,
    private readonly name: string,
  ) {
    this.stream = `OBJ_${name}`;
  }

  /** Opens a store; makes it, where there is none. */
  static async open(nc: NatsConnection, name: string): Promise<ObjectStore> {
    const store = new ObjectStore(nc, name);
    await makeStream(nc, {
      name: store.stream,
      subjects: [`$O.${name}.C.>`, `$O.${name}.M.>`],
    });
    return store;
  }

  /** Writes an object. It is there as a whole, or not at all. Gives the number of its first message. */
  async write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    const nuid = crypto.randomUUID().replaceAll("-", "");
    const chunks = Math.ceil(bytes.length / chunkBytes);
    let seq = Number.POSITIVE_INFINITY;
    for (let first = 0; first < chunks; first += inFlight) {
      const last = Math.min(chunks, first + inFlight);
      const written: Promise<number>[] = [];
      for (let chunk = first; chunk < last; chunk++) {
        const start = chunk * chunkBytes;
        written.push(write(this.nc, this.chunks(nuid), bytes.subarray(start, start + chunkBytes)));
      }
      seq = Math.min(seq, ...(await Promise.all(written)));
    }
    const info: ObjectInfo & Readonly<Record<string, unknown>> = {
      name,
      bucket: this.name,
      nuid,
      size: bytes.length,
      chunks,
      mtime: new Date().toISOString(),
      digest: await digestOf(bytes),
      deleted: false,
      options: { max_chunk_size: chunkBytes },
    };
    const headers = { "Nats-Rollup": "sub" };
    const end = await write(this.nc, this.meta(name), toBytes(info), headers);
    return Math.min(seq, end);
  }

  /** The bytes of an object. @throws StateError where it is not there, or damaged. */
  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const info = await this.info(name);
    if (!info || info.deleted) throw this.missing(name, "none");
    const bytes = new Uint8Array(info.size);
    let [seq, at] = [1, 0];
    for (let chunk = 0; chunk < info.chunks; chunk++) {
      const found = await this.next(this.chunks(info.nuid), seq);
      if (found.headers?.code || at + found.data.length > info.size) break;
      bytes.set(found.data, at);
      at += found.data.length;
      seq = Number(found.headers?.get("Nats-Sequence")) + 1;
    }
    if (at < info.size || (await digestOf(bytes)) !== info.digest) throw this.missing(name, "other bytes");
    return bytes;
  }

  /** Removes what was written before a message: other objects, and what is there of those that are not whole. */
  async removeBefore(seq: number): Promise<void> {
    await api(this.nc, `STREAM.PURGE.${this.stream}`, { seq });
  }

  /** The first message of a subject from a number on, as it was written; one with a code where there is none. */
  private next(subject: string, seq: number): Promise<NatsMessage> {
    const query = JSON.stringify({ seq, next_by_subj: subject });
    return this.nc.request(`$JS.API.DIRECT.GET.${this.stream}`, query, { timeout });
  }

  private async info(name: string): Promise<ObjectInfo | undefined> {
    const found = await find(this.nc, this.stream, { last_by_subj: this.meta(name) });
    return found && fromBytes(found.data);
  }

  private missing(name: string, received: string): Error {
    return stateError(`object store "${this.name}"`, {
      rule: `"${name}" must be there as it was written`,
      expected: "its bytes",
      received,
    });
  }

  private chunks(nuid: string): string {
    return `$O.${this.name}.C.${nuid}`;
  }

  private meta(name: string): string {
    return `$O.${this.name}.M.${base64Url(new TextEncoder().encode(name))}`;
  }
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return `SHA-256=${base64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)))}`;
}

const base64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");

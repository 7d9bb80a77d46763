// Text from wherever it comes.
import { stateError, valueError } from "../errors.ts";

/** A text: as it is, its bytes in UTF-8, or something that gives these. */
export type TextSource =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | Response
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** The text. @throws ValueError on what is none; StateError where a response says that there was an error. */
export async function readText(owner: string, source: TextSource): Promise<string> {
  if (typeof source === "string") return source;
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) return decode(owner, [source]);
  if (typeof Response !== "undefined" && source instanceof Response) {
    if (source.ok) return decode(owner, [await source.arrayBuffer()]);
    throw stateError(owner, {
      rule: "the response has no file",
      expected: "status 200",
      received: `status ${source.status}`,
      context: source.url,
    });
  }
  if (typeof Blob !== "undefined" && source instanceof Blob) return decode(owner, [await source.arrayBuffer()]);
  if (typeof source === "object" && source !== null && (Symbol.asyncIterator in source || "getReader" in source)) {
    const parts: Uint8Array[] = [];
    for await (const part of piecesOf(source)) parts.push(part);
    return decode(owner, parts);
  }
  throw valueError(owner, {
    rule: "reads text",
    expected: "a string, bytes, a Blob, a Response or a stream of bytes",
    received: source,
  });
}

/** Browsers' streams are not iterable everywhere. */
async function* piecesOf(source: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (Symbol.asyncIterator in source) {
    yield* source as AsyncIterable<Uint8Array>;
    return;
  }
  const reader = (source as ReadableStream<Uint8Array>).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function decode(owner: string, parts: readonly (Uint8Array | ArrayBuffer)[]): string {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    const texts = parts.map((part) => decoder.decode(part, { stream: true }));
    return texts.join("") + decoder.decode();
  } catch {
    throw valueError(owner, { rule: "the bytes must be text in UTF-8", expected: "UTF-8", received: "other bytes" });
  }
}

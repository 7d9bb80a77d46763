// A stream of the platform that takes one file.
import { fileError } from "../file-error.ts";
import { type Place, piecesOf } from "./internal.ts";

/** The stream is closed when everything is written, and aborted where that fails. */
export const streamPlace = (stream: WritableStream<Uint8Array<ArrayBuffer>>): Place => ({
  read: async () => {
    throw fileError("stream", {
      rule: "a stream to write to cannot be read",
      expected: "a ReadableStream",
      received: "a WritableStream",
    });
  },
  async write(_, parts, onBytes) {
    const writer = stream.getWriter();
    try {
      for (const piece of piecesOf(parts)) {
        // A copy, since the other end may keep it.
        await writer.write(piece.slice());
        onBytes(piece.length);
      }
      await writer.close();
    } catch (error) {
      await writer.abort(error).catch(() => {});
      throw error;
    }
  },
});

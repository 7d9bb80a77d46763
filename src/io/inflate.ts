// Decompression with a known size: never makes more than was declared.
import { join } from "./binary.ts";
import { damaged } from "./file-error.ts";

/**
 * Decompresses to exactly `size` bytes. Stops as soon as there are more.
 * @throws FileError on data that cannot be decompressed or has another size.
 */
export async function inflate(
  name: string,
  packed: Uint8Array,
  size: number,
  format: "deflate" | "deflate-raw",
): Promise<Uint8Array> {
  const wrong = (received: string) => damaged(name, "compressed data must have the size it declares", size, received);
  const parts: Uint8Array[] = [];
  let length = 0;
  const source = new Blob([packed as Uint8Array<ArrayBuffer>]).stream();
  const reader = source.pipeThrough(new DecompressionStream(format)).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > size) {
        await reader.cancel();
        break;
      }
      parts.push(value);
    }
  } catch {
    throw wrong("data that cannot be decompressed");
  }
  if (length !== size) throw wrong(`${length > size ? "more" : length} bytes`);
  return join(parts);
}

import { deflateRawSync } from "node:zlib";
import binaryen from "assemblyscript/binaryen";

/**
 * A module with its functions in an order in which like ones are neighbours, so that it compresses better. Begins with
 * the shortest one; the next is always the one that adds least to the compressed bytes of the last.
 */
export function orderFunctions(bytes: Uint8Array): Uint8Array {
  const [first, ...left] = bodiesOf(bytes)
    .map((body, index) => ({ index, body, size: compressed([body]) }))
    .sort((a, b) => a.size - b.size);
  if (!first) return bytes;
  const order = [first];
  for (let last = first; left.length > 0; order.push(last)) {
    const added = left.map(({ body, size }) => compressed([last.body, body]) - size);
    [last = first] = left.splice(added.indexOf(Math.min(...added)), 1);
  }
  // As text functions have names, so that nothing has to be numbered anew.
  const module = binaryen.readBinary(bytes);
  module.setFeatures(binaryen.Features.All);
  const text = module.emitText();
  const parts = text.slice(0, text.lastIndexOf(")")).split(/^(?= \()/m);
  const isFunction = (part: string) => part.startsWith(" (func");
  const functions = parts.filter(isFunction);
  const sorted = order.map(({ index }) => functions[index] as string);
  const result = binaryen.parseText(`${parts.map((part) => (isFunction(part) ? sorted.shift() : part)).join("")})`);
  result.setFeatures(binaryen.Features.All);
  return result.emitBinary();
}

const compressed = (parts: readonly Uint8Array[]) => deflateRawSync(Buffer.concat(parts), { level: 9 }).length;

/** The functions of a module as they are in its section of code. */
function bodiesOf(bytes: Uint8Array): Uint8Array[] {
  let place = 8;
  const number = (): number => {
    const byte = bytes[place++] as number;
    return byte < 128 ? byte : (byte & 127) + 128 * number();
  };
  const part = (): Uint8Array => {
    const length = number();
    place += length;
    return bytes.subarray(place - length, place);
  };
  const code = 10;
  while (bytes[place++] !== code) part();
  number();
  return Array.from({ length: number() }, part);
}

// JSON of a file that nobody has checked.
import { decode } from "./binary.ts";
import { damaged } from "./file-error.ts";

/** Most levels of nesting. Models have fewer, and code that reads the structure is recursive. */
export const MAX_DEPTH = 200;

/**
 * Parses JSON. Refuses what JSON.parse lets pass and what could be misread: a key twice in one object, the key
 * `__proto__`, and nesting that is deeper than 200.
 * @throws FileError on text that is no JSON, and on these.
 */
export function parseJson(name: string, bytes: Uint8Array | string): unknown {
  const text = typeof bytes === "string" ? bytes : decode(name, bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(name, "the text must be JSON", "JSON", (error as Error).message);
  }
  // The text is valid: a string before a colon is a key, and braces match.
  const keys: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === "{" || sign === "[") {
      if (keys.push(sign === "{" ? new Set() : undefined) > MAX_DEPTH)
        throw damaged(name, "JSON is nested too deeply", `at most ${MAX_DEPTH} levels`, "more");
    } else if (sign === "}" || sign === "]") keys.pop();
    else if (sign === '"') {
      const end = endOfString(text, at);
      let next = end;
      while (" \t\r\n".includes(text[next] ?? "x")) next++;
      if (text[next] === ":") {
        const key: string = JSON.parse(text.slice(at, end));
        const seen = keys.at(-1);
        if (key === "__proto__" || seen?.has(key)) throw damaged(name, "keys must be unique", "no such key", key);
        seen?.add(key);
      }
      at = end - 1;
    }
  }
  return value;
}

/** Where a string ends that begins at `start`: behind the first quote that no odd number of backslashes precedes. */
function endOfString(text: string, start: number): number {
  for (let at = start; ; ) {
    at = text.indexOf('"', at + 1);
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
}

/** Whether a value of JSON is an object: no array, not null. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

// Writes pictures and pages to files, loaded by `save`.
import { stateError, valueError } from "../errors.ts";

interface Files {
  mkdir(path: string | URL, options: { recursive: true }): Promise<unknown>;
  writeFile(path: string | URL, text: string): Promise<void>;
}

/** See `save` of {@link Shown}. */
export async function writeText(path: string | URL, text: string): Promise<void> {
  if (typeof path !== "string" && !(path instanceof URL))
    throw valueError("save", { rule: "a picture is written to a file", expected: "a path or a URL", received: path });
  const host = globalThis as { process?: { getBuiltinModule?(name: string): Files | undefined } };
  const files = host.process?.getBuiltinModule?.("node:fs/promises");
  if (!files)
    throw stateError("save", {
      rule: "paths need a runtime with files",
      expected: "Node 20.16 or newer, Deno or Bun",
      received: "none",
      advice: "In a page, put String(plot) into an element, or new Blob([String(plot)]) behind a link.",
    });
  try {
    // Addresses other than of files are refused by the file system.
    const isUrl = path instanceof URL || /^(file:|[a-z][a-z0-9+.-]+:\/\/)/i.test(path);
    const place = isUrl ? new URL(path) : path;
    const folder = typeof place === "string" ? place.replace(/[^/\\]*$/, "") : new URL(".", place);
    if (folder) await files.mkdir(folder, { recursive: true });
    await files.writeFile(place, text);
  } catch (cause) {
    const { message: received } = cause as Error;
    const wrapped = valueError("save", {
      rule: "the file cannot be written",
      expected: "a path that can be written to",
      received,
    });
    wrapped.cause = cause;
    throw wrapped;
  }
}

// What pictures and reports have in common: they show themselves in notebooks and can be written to a file.
import { stateError, valueError } from "../errors.ts";
import { hide } from "../format.ts";

interface Files {
  mkdir(path: string | URL, options: { recursive: true }): Promise<unknown>;
  writeFile(path: string | URL, text: string): Promise<void>;
}

interface Host {
  /** What tslab gives to the cells of a notebook. */
  readonly __tslab__?: {
    require(name: "tslab"): { readonly display: { raw(type: string, content: string): void } };
  };
  readonly process?: { getBuiltinModule?(name: string): Files | undefined };
}

/**
 * Markup that shows itself: in notebooks of Deno and tslab as it is, by `console.log` as text. `String(…)` gives the
 * markup.
 */
export abstract class Shown {
  /**
   * @param type the media type of the markup.
   * @param text what terminals show.
   */
  constructor(type: string, markup: string, text: string) {
    hide(this, "toString", () => markup);
    hide(this, "display", () => ({ [type]: markup, "text/plain": text }));
    hide(this, Symbol.for("Jupyter.display"), () => this.display());
    for (const runtime of ["nodejs.util.inspect.custom", "Deno.customInspect"])
      hide(this, Symbol.for(runtime), () => {
        // tslab shows the value of a cell by console.log.
        (globalThis as Host).__tslab__?.require("tslab").display.raw(type, markup);
        return text;
      });
  }

  /** What notebooks show, by media types. */
  declare readonly display: () => Readonly<Record<string, string>>;

  /**
   * Writes it to a file, in Node, Deno and Bun. Folders that are not there are made. Gives itself.
   * @throws StateError where the runtime has no files. ValueError where the path is neither a text nor a URL, and where
   * the file cannot be written.
   */
  async save(path: string | URL): Promise<this> {
    if (typeof path !== "string" && !(path instanceof URL))
      throw valueError("save", { rule: "a picture is written to a file", expected: "a path or a URL", received: path });
    const files = (globalThis as Host).process?.getBuiltinModule?.("node:fs/promises");
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
      await files.writeFile(place, String(this));
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
    return this;
  }
}

// What pictures and reports have in common: they show themselves in notebooks and can be written to a file.
import { hide } from "../format.ts";

interface Host {
  /** What tslab gives to the cells of a notebook. */
  readonly __tslab__?: {
    require(name: "tslab"): { readonly display: { raw(type: string, content: string): void } };
  };
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
    await (await import("./write-text.ts")).writeText(path, String(this));
    return this;
  }
}

// What the functions of this folder give.
import { Shown } from "./shown.ts";

/**
 * A picture: `svg` is its source, a whole `<svg>` element. Notebooks of Deno and tslab show it by themselves,
 * `console.log` shows curves as bars of text or what it is a picture of, and `save` writes it to a file.
 * @example element.innerHTML = plotHistory(history).svg; await plotHistory(history).save("curves.svg");
 */
export class Plot extends Shown {
  constructor(
    readonly svg: string,
    text: string,
  ) {
    super("image/svg+xml", svg, text);
  }
}

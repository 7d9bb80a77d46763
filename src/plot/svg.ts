// Makes SVG as text: elements, escaped text, widths of text.

/** Characters that XML 1.0 forbids, and halves of surrogate pairs. */
const FORBIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text for the content of an element or for an attribute, in XML and in HTML. What XML forbids becomes U+FFFD. */
export const escaped = (text: string): string =>
  text.replace(FORBIDDEN, "\ufffd").replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);

type Attributes = Readonly<Record<string, string | number | false | undefined>>;

/** A number with at most two decimals. */
export const rounded = (value: number): number => Number(value.toFixed(2)) + 0;

/** An element. Attributes that are undefined or false are left out; content is not escaped. */
export function tag(name: string, attributes: Attributes, content = ""): string {
  const given = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? rounded(value) : escaped(String(value))}"`);
  return `<${name}${given.join("")}${content ? `>${content}</${name}` : "/"}>`;
}

/** Font size of what is written in charts, in pixels. */
export const FONT = 12;

/** Options of {@link label}. */
export interface LabelOptions {
  /** Which point of the text is at x. Default "start". */
  anchor?: "start" | "middle" | "end";
  /** Default {@link FONT}. */
  size?: number;
  /** Class of the theme. Default "t", the colour of text. */
  as?: string;
  /** Longer text is cut, and shown as a whole where the pointer is. In pixels. */
  room?: number;
  isBold?: boolean;
}

/** A line of text with its baseline at y. */
export function label(x: number, y: number, text: string, options: LabelOptions = {}): string {
  const { anchor = "start", size = FONT, as = "t", room = Number.POSITIVE_INFINITY, isBold = false } = options;
  const shown = fitted(text, room, size);
  return tag(
    "text",
    {
      x,
      y,
      class: as,
      "text-anchor": anchor !== "start" && anchor,
      "font-size": size !== FONT && size,
      "font-weight": isBold && 600,
    },
    escaped(shown) + (shown === text ? "" : tag("title", {}, escaped(text))),
  );
}

/** About how wide text is, in pixels, rather too much than too little: fonts differ. */
export function widthOf(text: string, size: number = FONT): number {
  let em = 0;
  for (const character of text) {
    em += /[fijltrI.,:;|!'()[\] ]/.test(character)
      ? 0.38
      : /[mwMW@%—→]/.test(character)
        ? 0.95
        : character > "\u2e7f"
          ? 1.05
          : /[A-Z_]/.test(character)
            ? 0.7
            : 0.59;
  }
  return em * size;
}

/** Text cut to a width, with an ellipsis. */
function fitted(text: string, room: number, size: number): string {
  if (widthOf(text, size) <= room) return text;
  const characters = [...text];
  let [used, count] = [widthOf("…", size), 0];
  for (; count < characters.length; count++) {
    used += widthOf(characters[count] as string, size);
    if (used > room) break;
  }
  return `${characters.slice(0, count).join("").trimEnd()}…`;
}

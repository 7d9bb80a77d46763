// Makes SVG as text: elements, escaped text, widths of text.

/** All but the characters that XML 1.0 allows, and that are not control characters. */
const FORBIDDEN = /[^\t\n\r -~\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Text for the content of an element or for an attribute, in XML and in HTML. What XML forbids becomes U+FFFD. */
export const escaped = (text: string): string =>
  text.replace(FORBIDDEN, "\ufffd").replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);

/** A number with at most two decimals. */
export const rounded = (value: number): number => Math.round(value * 100) / 100 + 0;

/** An element. Content is not escaped. */
export function tag(name: string, attributes: Readonly<Record<string, string | number>>, content = ""): string {
  const given = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === "number" ? rounded(value) : escaped(value)}"`,
  );
  return `<${name}${given.join("")}${content ? `>${content}</${name}` : "/"}>`;
}

/** A path, unless it is empty. Classes are those of the style sheet. */
export const path = (classes: string, d: string): string => d && `<path class="${classes}" d="${d}"/>`;

/** Elements at another place, and turned by degrees. */
export const moved = (x: number, y: number, content: string, turn = ""): string =>
  content && tag("g", { transform: `translate(${rounded(x)} ${rounded(y)})${turn}` }, content);

/**
 * A line of text with its baseline at y.
 * @param classes of the style sheet, which also say what is at x: "c" the middle, "r" the end, else the beginning.
 * @param room in pixels. Longer text is cut, and shown as a whole where the pointer is.
 */
export function label(x: number, y: number, text: string, classes = "", room = Number.POSITIVE_INFINITY): string {
  let shown = text;
  // The widest picture has no room for a thousand characters.
  for (let count = Math.min(text.length, 1000); widthOf(shown) > room; count--)
    shown = `${Array.from(text).slice(0, count).join("").trimEnd()}…`;
  const whole = shown === text ? "" : tag("title", {}, escaped(text));
  return tag("text", { x, y, class: `t ${classes}`.trim() }, escaped(shown) + whole);
}

/** Em of narrow and of wide characters, and of capitals. Others have 0.59. */
const WIDTHS = [
  [/[fijltrI.,:;|!'()[\] ]/, 0.38],
  [/[mwMW@%—→]|[^\0-\u2e7f]/, 1],
  [/[A-Z_]/, 0.7],
] as const;

/** About how wide text of 12 pixels is, in pixels, rather too much than too little: fonts differ. */
export function widthOf(text: string): number {
  let em = 0;
  for (const character of text) em += WIDTHS.find(([kind]) => kind.test(character))?.[1] ?? 0.59;
  return 12 * em;
}

/** The width of the widest text. */
export const widestOf = (texts: readonly string[]): number =>
  texts.reduce((widest, text) => Math.max(widest, widthOf(text)), 0);

/** Room for what is written at a vertical axis. */
export const sideOf = (labels: readonly string[]): number => Math.min(90, widestOf(labels)) + 8;

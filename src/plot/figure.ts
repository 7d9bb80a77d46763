// A picture as a whole: size, theme, title and what is below it.
import { checkNumber, literal, lookUp, valueError } from "../errors.ts";
import type { OptionTable } from "../options.ts";
import { Plot } from "./plot.ts";
import { escaped, label, moved, path, tag, widthOf } from "./svg.ts";
import { SERIES, styles, type Theme } from "./theme.ts";

/** Options of all pictures. */
export interface PlotOptions {
  /** Above the picture, and read by screen readers. Each function has a default. */
  title?: string;
  /**
   * Width in pixels, 200 to 4000. Narrower places shrink the picture, with its text. Default 440, which is legible on a
   * telephone.
   */
  width?: number;
  /** "light" or "dark", or "auto" (default) for what the reader's system prefers. */
  theme?: Theme;
}

/** The table of {@link PlotOptions}. */
export const plotTable: OptionTable<PlotOptions> = { title: "string", width: "number", theme: "string" };

/** How a curve is drawn. */
export interface Stroke {
  /** Index of the colour. Default 0. */
  readonly colour?: number;
  readonly isDashed?: boolean;
  readonly isFaint?: boolean;
}

/** The class of the colour of a curve. */
export const colourClass = ({ colour = 0 }: Stroke): string => `s${colour % SERIES}`;

/** The classes of a curve. Behind the last colour they begin again, with dots. */
export function strokeClasses(stroke: Stroke): string {
  const dashes = (stroke.isDashed ? 1 : 0) + ((stroke.colour ?? 0) < SERIES ? 0 : 2);
  return `l ${colourClass(stroke)} d${dashes}${stroke.isFaint ? " f" : ""}`;
}

/** A cross around a point, as a path goes on with it. */
export const CROSS = "m-3-3l6 6m0-6l-6 6";

/** What is drawn into a width: elements, from 0 down to `height`. A drawing may be wider than it was asked to be. */
export interface Body {
  readonly content: string;
  readonly height: number;
  readonly width?: number;
}

/** What {@link figure} puts together. */
export interface Figure {
  readonly title: string;
  /** What the picture says, in words. */
  readonly description: string;
  /** Drawings below each other. */
  draw(width: number): readonly Body[];
  /** What terminals show. Default title and description. */
  readonly text?: string;
}

const PADDING = 12;

/** Puts a picture together. @throws ValueError on a width or theme out of range. */
export function figure(owner: string, options: PlotOptions, parts: Figure): Plot {
  const { title = parts.title, theme = "auto" } = options;
  const room = checkPixels(owner, "width", options.width ?? 440, 200, 4000) - 2 * PADDING;
  lookUp(owner, "theme", { auto: true, light: true, dark: true }, theme);
  const heading = title ? [{ content: label(0, 13, title, "u w", 0.8 * room), height: 24 }] : [];
  let [inner, height] = [room, PADDING];
  const drawn = [...heading, ...parts.draw(room)].map((body: Body) => {
    const content = moved(PADDING, height, body.content);
    height += body.height;
    inner = Math.max(inner, body.width ?? 0);
    return content;
  });
  const [wide, tall] = [inner + 2 * PADDING, height + PADDING].map(Math.ceil) as [number, number];
  const words = [title, parts.description].filter(Boolean).join(". ");
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${wide} ${tall}`,
    width: wide,
    height: tall,
    class: `arete-${theme}`,
    role: "img",
    "aria-label": words,
    style: "max-width:100%;height:auto;font:12px system-ui,sans-serif",
  };
  const background = tag("rect", { class: "b", width: "100%", height: "100%", rx: 6 });
  const head = `${tag("title", {}, escaped(title || words))}<style>${styles(theme)}</style>${background}`;
  return new Plot(tag("svg", attributes, head + drawn.join("")), parts.text ?? words);
}

/** Checks a width or a height. @throws ValueError. */
export function checkPixels(owner: string, what: string, value: number, least: number, most: number): number {
  return checkNumber(owner, what, value, `a number of pixels in [${least}, ${most}]`, (v) => v >= least && v <= most);
}

/** Refuses what is no subject of a picture. @throws ValueError. */
export function checkSubject(owner: string, holds: boolean, rule: string, expected: string, received: unknown): void {
  if (!holds) throw valueError(owner, { rule, expected, received: literal(received) });
}

/** How long the piece of a curve in a legend is. */
const MARK = 22;

/** A legend: names behind a piece of their curves, or behind another mark, as a path goes on with it. */
export function legend(entries: readonly (Stroke & { name: string; mark?: string })[], width: number): Body {
  let [x, y] = [0, 0];
  const parts = entries.map((entry) => {
    const wanted = MARK + 6 + widthOf(entry.name);
    if (x > 0 && x + wanted > width) [x, y] = [0, y + 18];
    const mark = path(strokeClasses(entry), `M${Math.round(x)} ${y + 6}${entry.mark ?? `h${MARK}`}`);
    const text = label(x + MARK + 6, y + 10, entry.name, "", width - MARK - 6);
    x += wanted + 14;
    return mark + text;
  });
  return { content: parts.join(""), height: parts.length > 0 ? y + 24 : 0 };
}

/** Several drawings in rows of so many columns. */
export function inRows(
  width: number,
  columns: number,
  gap: number,
  drawings: readonly ((width: number) => Body)[],
): Body {
  const each = Math.max(8, (width - gap * (columns - 1)) / columns);
  const bodies = drawings.map((draw) => draw(each));
  const step = Math.max(0, ...bodies.map(({ height }) => height)) + gap;
  const content = bodies.map((body, index) =>
    moved((index % columns) * (each + gap), Math.floor(index / columns) * step, body.content),
  );
  return {
    content: content.join(""),
    height: Math.max(0, Math.ceil(bodies.length / columns) * step - gap),
    width: columns * (each + gap) - gap,
  };
}

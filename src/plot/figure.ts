// A picture as a whole: size, theme, title, legend and what is below them.
import { checkNumber, lookUp } from "../errors.ts";
import type { OptionTable } from "../options.ts";
import { Plot } from "./plot.ts";
import { escaped, FONT, label, rounded, tag, widthOf } from "./svg.ts";
import { SERIES, seriesClass, styles, type Theme } from "./theme.ts";

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

/** A curve in the legend, and how curves are drawn. */
export interface Stroke {
  /** Index of the colour. Default 0. */
  readonly colour?: number;
  readonly isDashed?: boolean;
  readonly isFaint?: boolean;
}

/** Attributes of a line. Behind the last colour they begin again, with dots. */
export function strokeOf({ colour = 0, isDashed = false, isFaint = false }: Stroke): Record<string, string | false> {
  const dashes = colour >= SERIES ? (isDashed ? "5 3 1.5 3" : "1.5 3") : isDashed && "5 3";
  return {
    class: seriesClass(colour),
    fill: "none",
    stroke: "currentColor",
    "stroke-width": isFaint ? "1" : "1.8",
    "stroke-linejoin": "round",
    "stroke-dasharray": dashes,
    "stroke-opacity": isFaint && "0.45",
  };
}

/** An entry of a legend: a name behind a piece of its curve, or behind a sign. */
export interface LegendEntry extends Stroke {
  readonly name: string;
  readonly sign?: string;
}

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
  readonly legend?: readonly LegendEntry[];
  draw(width: number): Body;
  /** What terminals show. Default title and description. */
  readonly text?: string;
}

const PADDING = 12;
const SWATCH = 22;

/** Puts a picture together. @throws ValueError on a width or theme out of range. */
export function figure(owner: string, options: PlotOptions, parts: Figure): Plot {
  const { title = parts.title, theme = "auto" } = options;
  const given = checkWidth(owner, options.width ?? 440);
  lookUp(owner, "theme", { auto: true, light: true, dark: true }, theme);
  const body = parts.draw(given - 2 * PADDING);
  const inner = Math.max(given - 2 * PADDING, body.width ?? 0);
  const width = inner + 2 * PADDING;
  let y = PADDING;
  const above: string[] = [];
  if (title) {
    above.push(label(PADDING, y + 13, title, { size: 14, isBold: true, room: inner }));
    y += 24;
  }
  const legend = drawLegend(parts.legend ?? [], inner);
  above.push(moved(PADDING, y, legend.content));
  y += legend.height;
  const height = y + body.height + PADDING;
  const words = [title, parts.description].filter(Boolean).join(". ");
  const svg = tag(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
      width: Math.ceil(width),
      height: Math.ceil(height),
      class: `arete-${theme}`,
      role: "img",
      "aria-label": words,
      "font-family": "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif",
      "font-size": FONT,
      style: "max-width:100%;height:auto",
    },
    [
      tag("title", {}, escaped(title || words)),
      `<style>${styles(theme)}</style>`,
      tag("rect", { class: "b", width: "100%", height: "100%", rx: 6 }),
      ...above,
      moved(PADDING, y, body.content),
    ].join(""),
  );
  return new Plot(svg, parts.text ?? words);
}

function checkWidth(owner: string, width: number): number {
  return checkNumber(owner, "width", width, "a number of pixels in [200, 4000]", (v) => v >= 200 && v <= 4000);
}

/** Elements at another place. */
export const moved = (x: number, y: number, content: string): string =>
  content && tag("g", { transform: `translate(${rounded(x)} ${rounded(y)})` }, content);

function drawLegend(entries: readonly LegendEntry[], width: number): Body {
  let [x, y] = [0, 0];
  const parts = entries.map(({ name, sign, ...stroke }) => {
    const wanted = SWATCH + 6 + widthOf(name);
    if (x > 0 && x + wanted > width) [x, y] = [0, y + 18];
    const mark = sign
      ? label(x + SWATCH / 2, y + 10, sign, { anchor: "middle" })
      : tag("path", { ...strokeOf(stroke), d: `M${Number(x.toFixed(1))} ${y + 6}h${SWATCH}` });
    const text = label(x + SWATCH + 6, y + 10, name, { room: width - SWATCH - 6 });
    x += wanted + 14;
    return mark + text;
  });
  return { content: parts.join(""), height: entries.length > 0 ? y + 24 : 0 };
}

/** Several drawings of one height in rows, as many beside each other as have `least` pixels each. */
export function inRows(
  width: number,
  least: number,
  height: number,
  drawings: readonly ((width: number, height: number) => string)[],
): Body {
  const gap = 20;
  const columns = Math.max(1, Math.min(drawings.length, Math.floor((width + gap) / (least + gap))));
  const each = (width - gap * (columns - 1)) / columns;
  const rows = Math.ceil(drawings.length / columns);
  const content = drawings.map((draw, index) =>
    moved((index % columns) * (each + gap), Math.floor(index / columns) * (height + 14), draw(each, height)),
  );
  return { content: content.join(""), height: Math.max(0, rows * (height + 14) - 14) };
}

/** Checks the height of one drawing of several. @throws ValueError. */
export const checkHeight = (owner: string, height: number): number =>
  checkNumber(owner, "height", height, "a number of pixels in [100, 2000]", (v) => v >= 100 && v <= 2000);

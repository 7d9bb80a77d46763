// Pictures of several pairs of axes, which share a legend.
import { type Axes, drawAxes } from "./axes.ts";
import {
  type Body,
  CROSS,
  checkPixels,
  type Figure,
  figure,
  inRows,
  legend,
  type PlotOptions,
  type Stroke,
} from "./figure.ts";
import type { Plot } from "./plot.ts";
import { textBars } from "./text-bars.ts";
import { brief, isDrawable } from "./ticks.ts";

/** What {@link panelFigure} puts together. */
export interface Panels extends Pick<Figure, "title" | "text"> {
  readonly panels: readonly Axes[];
  /** Default the first and the last value of each curve. */
  readonly description?: string;
  /** How many pixels each pair of axes has where they are beside each other. Default 360. */
  readonly least?: number;
  /** Of a pair of axes in pixels, where the options do not say. Default 200. */
  readonly height?: number;
}

/** Draws pairs of axes in rows. @throws ValueError on options out of range. */
export function panelFigure(owner: string, options: PlotOptions & { height?: number }, parts: Panels): Plot {
  const { panels, least = 360 } = parts;
  const height = checkPixels(owner, "height", options.height ?? parts.height ?? 200, 100, 2000);
  const lines = panels.flatMap((panel) => panel.lines);
  return figure(owner, options, {
    description: lines
      .slice(0, 12)
      .map(({ name, y }) => `${name} ${brief(y[0] ?? Number.NaN)} to ${brief(y[y.length - 1] ?? Number.NaN)}`)
      .join(", "),
    text: panels.map((panel) => textBars(panel.lines)).join("\n"),
    ...parts,
    draw: (width) => {
      const columns = Math.max(1, Math.min(panels.length, Math.floor((width + 20) / (least + 20))));
      const drawings = panels.map((panel) => (w: number) => ({ content: drawAxes(panel, w, height), height }));
      return [legendOf(panels, width), inRows(width, columns, 20, drawings)];
    },
  });
}

/** Curves by their names, where there are several, and what the crosses are. */
function legendOf(panels: readonly Axes[], width: number): Body {
  const entries = new Map<string, Stroke & { name: string }>();
  for (const { legend: name, ...line } of panels.flatMap(({ lines }) => lines))
    if (name && !entries.has(name)) entries.set(name, { ...line, name });
  const crossed = panels.filter(({ lines, y }) =>
    lines.some((line) => !line.isFilled && !Array.from(line.y).every((value) => isDrawable(value, y.isLog))),
  );
  const name = crossed.some(({ y }) => y.isLog) ? "not finite, or not above 0" : "not finite";
  const crosses = crossed.length > 0 ? [{ name, mark: `m8 0${CROSS}` }] : [];
  return legend([...(entries.size > 1 ? entries.values() : []), ...crosses], width);
}

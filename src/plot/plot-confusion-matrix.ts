// A confusion matrix as a table of coloured cells.
import { type ArrayInput, toHostArray } from "../data/array.ts";
import { literal, lookUp, shapeError, valueError } from "../errors.ts";
import { formatShape } from "../ir/shape.ts";
import { checkOptions } from "../options.ts";
import { type Body, figure, moved, type PlotOptions, plotTable } from "./figure.ts";
import type { Plot } from "./plot.ts";
import { escaped, label, rounded, tag, widthOf } from "./svg.ts";
import { brief } from "./ticks.ts";

/** Options of {@link plotConfusionMatrix}. */
export interface PlotConfusionMatrixOptions extends PlotOptions {
  /** Names of the classes. Default their numbers, from 0. */
  labels?: readonly string[];
  /** What cells show: counts (default), or shares of the true class, of the predicted class or of all samples. */
  normalize?: "none" | "true" | "predicted" | "all";
}

/**
 * A confusion matrix: rows are true classes, columns predicted ones. The accuracy is below the title.
 * @param given counts, [classes, classes].
 * @throws ShapeError where it is not square or labels do not fit; ValueError on negative counts and unknown options.
 * @example plotConfusionMatrix([[50, 2], [5, 43]], { labels: ["cat", "dog"] });
 */
export function plotConfusionMatrix(given: ArrayInput, options: PlotConfusionMatrixOptions = {}): Plot {
  const owner = "plotConfusionMatrix";
  const checked = checkOptions(owner, options, { ...plotTable, labels: "list", normalize: "string" });
  const { normalize = "none" } = checked;
  lookUp(owner, "way to normalize", { none: true, true: true, predicted: true, all: true }, normalize);
  const { data, shape } = toHostArray(owner, given);
  const [size = 0, other] = shape;
  const { labels = Array.from({ length: size }, (_, index) => String(index)) } = checked;
  if (shape.length !== 2 || size !== other || size === 0)
    throw shapeError(owner, {
      rule: "the matrix must be square",
      expected: "[classes, classes]",
      received: formatShape(shape),
    });
  if (labels.length !== size)
    throw shapeError(owner, { rule: "each class has a label", expected: `${size} labels`, received: labels.length });
  const wrong = data.find((count) => !(count >= 0 && count < Number.POSITIVE_INFINITY));
  if (wrong !== undefined)
    throw valueError(owner, { rule: "counts must be ≥ 0", expected: "finite numbers ≥ 0", received: literal(wrong) });
  const count = (row: number, column: number) => data[row * size + column] as number;
  const each = Array.from({ length: size }, (_, index) => index);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const rows = each.map((row) => sum(each.map((column) => count(row, column))));
  const columns = each.map((column) => sum(each.map((row) => count(row, column))));
  const total = sum(rows);
  const value = (row: number, column: number): number => {
    const whole = { none: 1, true: rows[row] ?? 0, predicted: columns[column] ?? 0, all: total }[normalize];
    return whole > 0 ? count(row, column) / whole : 0;
  };
  const table = each.map((row) => each.map((column) => value(row, column)));
  const isShare = normalize !== "none";
  const accuracy = total > 0 ? `accuracy ${percent(sum(each.map((k) => count(k, k))) / total)}` : "no samples";
  const words = `${size} classes, ${brief(total)} samples, ${accuracy}`;
  return figure(owner, checked, {
    title: "Confusion matrix",
    description: words,
    draw: (width) => drawTable(table, labels.map(String), isShare, words, width),
    text: inText(table, labels.map(String), isShare, words),
  });
}

const percent = (share: number): string => `${brief(100 * share)} %`;

/** What a cell says: a count, or a share in percent without its sign. */
const cellText = (value: number, isShare: boolean): string =>
  isShare ? String(Math.round(100 * value)) : Number.isInteger(value) && value < 1e5 ? String(value) : brief(value);

function drawTable(
  table: readonly (readonly number[])[],
  labels: readonly string[],
  isShare: boolean,
  words: string,
  width: number,
): Body {
  const size = labels.length;
  const left = 18 + Math.min(90, Math.max(...labels.map((text) => widthOf(text, 11)))) + 6;
  const top = 24;
  const cell = Math.max(4, Math.min(56, (width - left) / size));
  const largest = table.reduce((most, row) => Math.max(most, ...row), Number.MIN_VALUE);
  const fits =
    cell >= 13 && table.every((row) => row.every((value) => widthOf(cellText(value, isShare), 11) < cell - 1));
  const [end, across] = [top + size * cell, left + size * cell];
  const parts = [label(0, 11, isShare ? `${words}; cells in %` : words, { as: "m", room: width })];
  const at = (index: number) => index * cell;
  parts.push(
    size > 20
      ? moved(left, top, manyCells(table, cell, largest))
      : table
          .flatMap((row, i) =>
            row.map((value, j) => {
              const hint = `true ${labels[i]}, predicted ${labels[j]}: ${isShare ? percent(value) : brief(value)}`;
              return tag(
                "rect",
                {
                  class: "h",
                  x: left + at(j),
                  y: top + at(i),
                  width: cell - 0.5,
                  height: cell - 0.5,
                  "fill-opacity": value / largest,
                },
                tag("title", {}, escaped(hint)),
              );
            }),
          )
          .join(""),
  );
  if (fits)
    table.forEach((row, i) => {
      row.forEach((value, j) => {
        const [x, y] = [left + at(j + 0.5), top + at(i + 0.5) + 4];
        if (value > 0) parts.push(label(x, y, cellText(value, isShare), { anchor: "middle", size: 11 }));
      });
    });
  parts.push(frame(left, top, across, end));
  // Where cells are lower than a line of text, only some classes are named.
  const every = Math.ceil(12 / cell);
  const isWide = Math.max(...labels.map((text) => widthOf(text, 11))) > cell * every - 2;
  const below = isWide ? Math.min(70, 0.75 * Math.max(...labels.map((text) => widthOf(text, 11)))) + 12 : 18;
  labels.forEach((text, index) => {
    if (index % every !== 0) return;
    const middle = (index + 0.5) * cell;
    parts.push(label(left - 6, top + middle + 4, text, { anchor: "end", size: 11, room: left - 23 }));
    const [x, y] = [left + middle, end + 14];
    const turned = label(0, 0, text, { anchor: "end", size: 11, room: 90 });
    parts.push(
      isWide
        ? tag("g", { transform: `translate(${rounded(x + 4)} ${rounded(y)}) rotate(-45)` }, turned)
        : label(x, y, text, { anchor: "middle", size: 11 }),
    );
  });
  const height = end + below + 18;
  parts.push(label((left + across) / 2, height - 4, "predicted", { anchor: "middle", as: "m" }));
  const side = label(0, 0, "true", { anchor: "middle", as: "m" });
  parts.push(tag("g", { transform: `translate(11 ${rounded((top + end) / 2)}) rotate(-90)` }, side));
  return { content: parts.join(""), height, width: across };
}

/** Cells of one strength are one element, of twenty strengths. */
function manyCells(table: readonly (readonly number[])[], cell: number, largest: number): string {
  const paths = new Map<number, string>();
  table.forEach((row, i) => {
    row.forEach((value, j) => {
      const level = Math.ceil((20 * value) / largest);
      if (level === 0) return;
      const square = `M${rounded(j * cell)} ${rounded(i * cell)}h${rounded(cell)}v${rounded(cell)}h${rounded(-cell)}z`;
      paths.set(level, (paths.get(level) ?? "") + square);
    });
  });
  return [...paths].map(([level, d]) => tag("path", { class: "h", "fill-opacity": level / 20, d })).join("");
}

const frame = (left: number, top: number, right: number, bottom: number): string =>
  tag("path", {
    class: "g",
    fill: "none",
    d: `M${rounded(left)} ${rounded(top)}H${rounded(right)}V${rounded(bottom)}H${rounded(left)}z`,
  });

function inText(
  table: readonly (readonly number[])[],
  labels: readonly string[],
  isShare: boolean,
  words: string,
): string {
  if (labels.length > 20) return `Confusion matrix: ${words}`;
  const cells = table.map((row) => row.map((value) => cellText(value, isShare)));
  const width = Math.max(...cells.flat().map((text) => text.length), 3);
  const side = Math.max(...labels.map((text) => text.length));
  const line = (name: string, row: readonly string[]) =>
    `${name.padStart(side)} │${row.map((text) => text.slice(0, width).padStart(width + 1)).join("")}`;
  return [line("", labels), ...cells.map((row, index) => line(labels[index] ?? "", row)), words].join("\n");
}

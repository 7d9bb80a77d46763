// A confusion matrix as a table of coloured cells.
import { type ArrayInput, toHostArray } from "../data/array.ts";
import { lookUp, shapeError } from "../errors.ts";
import { formatShape } from "../ir/shape.ts";
import { checkOptions } from "../options.ts";
import { extentOf } from "./extent.ts";
import { type Body, checkSubject, figure, type PlotOptions, plotTable } from "./figure.ts";
import type { Plot } from "./plot.ts";
import { label, moved, path, rounded, sideOf, tag, widestOf } from "./svg.ts";
import { brief } from "./ticks.ts";

/** Options of {@link plotConfusionMatrix}. */
export interface PlotConfusionMatrixOptions extends PlotOptions {
  /** Names of the classes. Default their numbers, from 0. */
  labels?: readonly string[];
  /** What cells show: counts (default), or shares of the true class, of the predicted class or of all samples. */
  normalize?: "none" | "true" | "predicted" | "all";
}

/**
 * A confusion matrix: rows are true classes, columns predicted ones. Below the title is the accuracy.
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
  if (shape.length !== 2 || size !== other || size === 0)
    throw shapeError(owner, {
      rule: "the matrix must be square",
      expected: "[classes, classes]",
      received: formatShape(shape),
    });
  const each = Array.from({ length: size }, (_, index) => index);
  const labels = (checked.labels ?? each).map(String);
  if (labels.length !== size)
    throw shapeError(owner, { rule: "each class has a label", expected: `${size} labels`, received: labels.length });
  const wrong = data.find((count) => !(count >= 0 && count < Number.POSITIVE_INFINITY));
  checkSubject(owner, wrong === undefined, "counts must be ≥ 0", "finite numbers ≥ 0", wrong);
  const rows = each.map(() => 0);
  const columns = each.map(() => 0);
  let [total, right] = [0, 0];
  data.forEach((count, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    (rows[row] as number) += count;
    (columns[column] as number) += count;
    total += count;
    if (row === column) right += count;
  });
  const isShare = normalize !== "none";
  const values = Array.from(data, (count, at) => {
    const whole = { none: 1, true: rows[Math.floor(at / size)], predicted: columns[at % size], all: total }[normalize];
    return count / (whole || 1);
  });
  const cells = values.map((value) =>
    isShare ? String(Math.round(100 * value)) : brief(value, Number.isInteger(value) ? 5 : 3),
  );
  const accuracy = total > 0 ? `accuracy ${brief((100 * right) / total)} %` : "no samples";
  const words = `${size} classes, ${brief(total)} samples, ${accuracy}${isShare ? "; cells in %" : ""}`;
  return figure(owner, checked, {
    title: "Confusion matrix",
    description: words,
    draw: (width) => [
      { content: label(0, 10, words, "m", width), height: 20 },
      drawTable(values, cells, labels, width),
    ],
    text: size > 20 ? `Confusion matrix: ${words}` : inText(cells, labels, words),
  });
}

/** Room for the name of the rows, which is above them. */
const TOP = 20;

/**
 * @param values how strongly cells are coloured, row by row.
 * @param cells what they say: counts, or shares in percent without their sign.
 */
function drawTable(
  values: readonly number[],
  cells: readonly string[],
  labels: readonly string[],
  width: number,
): Body {
  const size = labels.length;
  const left = sideOf(labels);
  const cell = Math.max(4, Math.min(56, (width - left) / size));
  const [right, bottom] = [left + size * cell, TOP + size * cell];
  // Where cells are lower than a line of text, only some classes are named. Names wider than a cell are turned.
  const every = Math.ceil(12 / cell);
  const widest = widestOf(labels);
  const isTurned = widest > every * cell - 4;
  const below = isTurned ? Math.min(70, 0.7 * widest) : 0;
  const names = labels.map((text, index) => {
    if (index % every > 0) return "";
    const middle = (index + 0.5) * cell;
    const column = isTurned
      ? moved(left + middle + 4, bottom + 12, label(0, 0, text, "r k m", 90), "rotate(-45)")
      : label(left + middle, bottom + 16, text, "c k m");
    return label(left - 6, TOP + middle + 4, text, "r k m", left - 6) + column;
  });
  const [, largest] = extentOf(values);
  // Numbers are written where a line of text, and the longest of them, fits in.
  const fits = cell >= 13 && widestOf(cells) < cell - 1;
  // Cells of one strength are one element, of twenty strengths.
  const strengths = Array.from({ length: 21 }, () => "");
  const texts = values.map((value, at) => {
    const [x, y] = [left + (at % size) * cell, TOP + Math.floor(at / size) * cell];
    if (value > 0) strengths[Math.ceil(20 * (value / largest))] += `M${rounded(x)} ${rounded(y)}${box(cell, cell)}`;
    return value > 0 && fits ? label(x + cell / 2, y + cell / 2 + 4, cells[at] as string, "c k") : "";
  });
  const content = [
    label(0, 10, "true", "w"),
    ...names,
    label((left + right) / 2, bottom + below + 31, "predicted", "c m"),
    ...strengths.map((d, level) => d && tag("g", { "fill-opacity": level / 20 }, path("h", d))),
    path("g", `M${rounded(left)} ${TOP}${box(right - left, bottom - TOP)}`),
    ...texts,
  ];
  return { content: content.join(""), height: bottom + below + 34, width: right };
}

/** A rectangle, as a path goes on with it from its upper left corner. */
const box = (width: number, height: number): string => `h${rounded(width)}v${rounded(height)}h${rounded(-width)}z`;

function inText(cells: readonly string[], labels: readonly string[], words: string): string {
  const size = labels.length;
  const lengthOf = (texts: readonly string[]) => Math.max(3, ...texts.map(({ length }) => length));
  const [width, side] = [lengthOf(cells), lengthOf(labels)];
  const line = (name: string, row: readonly string[]) =>
    `${name.padStart(side)} │${row.map((text) => text.slice(0, width).padStart(width + 1)).join("")}`;
  const rows = labels.map((name, row) => line(name, cells.slice(row * size, (row + 1) * size)));
  return [line("", labels), ...rows, words].join("\n");
}

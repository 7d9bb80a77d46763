// A confusion matrix as a table of coloured cells.
import { type ArrayInput, toHostArray } from "../data/array.ts";
import { lookUp, shapeError } from "../errors.ts";
import { formatShape } from "../ir/shape.ts";
import { checkOptions } from "../options.ts";
import { frameOf, sideOf } from "./axes.ts";
import { extentOf } from "./extent.ts";
import { type Body, checkSubject, figure, type PlotOptions, plotTable } from "./figure.ts";
import type { Plot } from "./plot.ts";
import { label, path, rounded, tag, widestOf } from "./svg.ts";
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
    isShare ? String(Math.round(100 * value)) : Number.isInteger(value) && value < 1e5 ? String(value) : brief(value),
  );
  const accuracy = total > 0 ? `accuracy ${brief((100 * right) / total)} %` : "no samples";
  const words = `${size} classes, ${brief(total)} samples, ${accuracy}${isShare ? "; cells in %" : ""}`;
  return figure(owner, checked, {
    title: "Confusion matrix",
    description: words,
    isDescribed: true,
    draw: (width) => drawTable(values, cells, labels, width),
    text: size > 20 ? `Confusion matrix: ${words}` : inText(cells, labels, words),
  });
}

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
  const side = sideOf(labels);
  const cell = Math.max(4, Math.min(56, (width - side) / size));
  // Where cells are lower than a line of text, only some classes are named.
  const every = Math.ceil(12 / cell);
  const named = labels.flatMap((text, index) => (index % every === 0 ? { text, at: index + 0.5 } : []));
  const scale = { ticks: named.map(({ at }) => at), labels: named.map(({ text }) => text) };
  const names = { x: { name: "predicted" }, y: { name: "true" } };
  const across = side + size * cell;
  const horizontal = { ...scale, low: 0, high: size };
  const frame = frameOf(names, across, size * cell, { ...scale, low: size, high: 0 }, () => horizontal, false);
  // Cells of one strength are one element, of twenty strengths.
  const [, largest] = extentOf(values);
  const strengths = Array.from({ length: 21 }, () => "");
  const texts: string[] = [];
  // Numbers are written where a line of text, and the longest of them, fits in.
  const fits = cell >= 13 && widestOf(cells) < cell - 1;
  const length = rounded(cell);
  values.forEach((value, at) => {
    if (value === 0) return;
    const [row, column] = [Math.floor(at / size), at % size];
    strengths[Math.ceil(20 * (value / largest))] +=
      `M${rounded(frame.x(column))} ${rounded(frame.y(row))}h${length}v${length}h${-length}z`;
    if (fits) texts.push(label(frame.x(column + 0.5), frame.y(row + 0.5) + 4, cells[at] as string, "c k"));
  });
  const coloured = strengths.map((d, level) => d && tag("g", { "fill-opacity": level / 20 }, path("h", d)));
  const edge = path(
    "g",
    `M${rounded(side)} ${frame.top}H${rounded(across)}V${rounded(frame.bottom)}H${rounded(side)}z`,
  );
  return {
    content: [frame.content, ...coloured, edge, ...texts].join(""),
    height: frame.height,
    width: across,
  };
}

function inText(cells: readonly string[], labels: readonly string[], words: string): string {
  const size = labels.length;
  const lengthOf = (texts: readonly string[]) => Math.max(3, ...texts.map(({ length }) => length));
  const [width, side] = [lengthOf(cells), lengthOf(labels)];
  const line = (name: string, row: readonly string[]) =>
    `${name.padStart(side)} │${row.map((text) => text.slice(0, width).padStart(width + 1)).join("")}`;
  const rows = labels.map((name, row) => line(name, cells.slice(row * size, (row + 1) * size)));
  return [line("", labels), ...rows, words].join("\n");
}

// The curves of training runs.
import { isPlainRecord } from "../data/tree.ts";
import { literal, lookUp, valueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { Axes, Line } from "./axes.ts";
import { drawAxes, isWhole } from "./axes.ts";
import { checkHeight, figure, inRows, type LegendEntry, type PlotOptions, plotTable } from "./figure.ts";
import type { Plot } from "./plot.ts";
import { chart } from "./text-chart.ts";
import { brief } from "./ticks.ts";

/** What `fit` gives, or what `JSON.parse` gives of it. */
export interface RunHistory {
  /** Numbers of the epochs, from 0. Default 0, 1, 2, … */
  readonly epoch?: readonly number[];
  /** A number per epoch for each loss and metric; the names of those of validation begin with `val_`. */
  readonly history: Readonly<Record<string, readonly number[]>>;
}

/** One run, or several by their names. */
export type Histories = RunHistory | Readonly<Record<string, RunHistory>>;

/** Options of {@link plotHistory}. */
export interface PlotHistoryOptions extends PlotOptions {
  /** What is drawn, without `val_`, each with axes of its own. Default all losses and metrics; not `learning_rate`. */
  metrics?: readonly string[];
  /** Whether the vertical axes are logarithmic: true for all, or the metrics for which they are. Default false. */
  logScale?: boolean | readonly string[];
  /** Height of one pair of axes in pixels, 100 to 2000. Default 200. */
  height?: number;
}

/** Options of `plot` of a history. */
export interface HistoryPlotOptions extends PlotHistoryOptions {
  /** Where to write the picture, in Node, Deno and Bun. */
  file?: string;
}

const VALIDATION = "val_";
const historyTable = { ...plotTable, metrics: "list", logScale: "boolean or list", height: "number" } as const;

/**
 * Losses and metrics over the epochs, which count from 1: in training as solid, in validation as dashed lines. A value
 * that is not finite, or on a logarithmic axis not positive, is a cross at the upper edge.
 * @param given what `fit` gave, or several of these by the names of the runs.
 * @throws ValueError on what is no history, on metrics that no run has, and on options out of range.
 * @example const { svg } = plotHistory(history, { metrics: ["loss"], logScale: true });
 * @example plotHistory({ sgd: first, adam: second }, { width: 800 });
 */
export function plotHistory(given: Histories, options: PlotHistoryOptions = {}): Plot {
  return drawHistory("plotHistory", given, checkOptions("plotHistory", options, historyTable));
}

/** What `plot` of a history gives. */
export async function historyPlot(history: RunHistory, options: HistoryPlotOptions = {}): Promise<Plot> {
  const owner = "plot of a history";
  const { file, ...others } = checkOptions(owner, options, { ...historyTable, file: "string" });
  const plot = drawHistory(owner, history, others);
  return file === undefined ? plot : plot.save(file);
}

function drawHistory(owner: string, given: Histories, options: PlotHistoryOptions): Plot {
  const { logScale = false, height = 200 } = options;
  const runs = runsOf(given);
  const known = [...new Set(Object.values(runs).flatMap(({ history }) => Object.keys(history).map(base)))];
  const metrics = options.metrics ?? known.filter((name) => name !== "learning_rate");
  const table = Object.fromEntries(known.map((name) => [name, true]));
  for (const name of [...metrics, ...(typeof logScale === "object" ? logScale : [])])
    lookUp(owner, "metric", table, name);
  const panels = metrics.map((metric): Axes => {
    const isLog = typeof logScale === "object" ? logScale.includes(metric) : logScale;
    const lines = Object.values(runs).flatMap((run, index) => linesOf(run, metric, index, Object.keys(runs).length));
    return { x: { name: "epoch", isWhole: true }, y: { name: metric, isLog }, lines };
  });
  return figure(owner, options, {
    title: "Training history",
    description: described(runs, metrics),
    legend: legendOf(runs, panels),
    draw: (width) =>
      inRows(
        width,
        360,
        checkHeight(owner, height),
        panels.map((panel) => (w: number, h: number) => drawAxes(panel, w, h)),
      ),
    text: inText(runs, metrics),
  });
}

const base = (name: string): string => (name.startsWith(VALIDATION) ? name.slice(VALIDATION.length) : name);

/** The runs by their names; "" is that of one alone. @throws ValueError where it is no history. */
function runsOf(given: Histories): Readonly<Record<string, RunHistory>> {
  const isRun = (value: unknown): value is RunHistory => {
    const history = typeof value === "object" && value !== null && (value as RunHistory).history;
    return typeof history === "object" && history !== null && Object.values(history).every(Array.isArray);
  };
  if (isRun(given)) return { "": given };
  if (isPlainRecord(given) && Object.values(given).length > 0 && Object.values(given).every(isRun)) return given;
  throw valueError("plotHistory", {
    rule: "takes what fit gave",
    expected: "a History, or several by their names",
    received: literal(given),
  });
}

/** The curves of one metric of a run. One run has a colour each for training and validation, several one for each. */
function linesOf({ epoch, history }: RunHistory, metric: string, index: number, runs: number): Line[] {
  const epochs = epoch ?? Array.from({ length: longest(history) }, (_, each) => each);
  const line = (name: string, stroke: Omit<Line, "x" | "y">): Line[] => {
    const y = Object.hasOwn(history, name) ? history[name] : undefined;
    return y ? [{ ...stroke, x: epochsOf(y.length, epochs), y }] : [];
  };
  return [
    ...line(metric, { colour: index }),
    ...line(`${VALIDATION}${metric}`, { colour: runs > 1 ? index : 1, isDashed: true }),
  ];
}

const longest = (history: RunHistory["history"]): number =>
  Math.max(0, ...Object.values(history).map(({ length }) => length));

/**
 * The epochs, from 1, of a metric that was not reported in all of them: those of the smallest `validationFreq` that
 * gives so many, else the last ones.
 */
function epochsOf(count: number, epochs: readonly number[]): number[] {
  const numbers = epochs.map((epoch) => epoch + 1);
  for (let every = 1; count > 0 && every <= (numbers.at(-1) ?? 0); every++) {
    const found = numbers.filter((epoch) => epoch % every === 0);
    if (found.length === count) return found;
    if (found.length < count) break;
  }
  return numbers.slice(-count);
}

function legendOf(runs: Readonly<Record<string, RunHistory>>, panels: readonly Axes[]): LegendEntry[] {
  const names = Object.keys(runs);
  const lines = panels.flatMap((panel) => panel.lines);
  const isValidated = lines.some((line) => line.isDashed);
  const entries: LegendEntry[] = "" in runs ? [{ name: "training" }] : names.map((name, colour) => ({ name, colour }));
  if (isValidated) entries.push({ name: "validation", colour: "" in runs ? 1 : 0, isDashed: true });
  const [hidden, isLog] = [
    panels.some((panel) => !isWhole(panel.lines, panel.y.isLog)),
    panels.some((panel) => panel.y.isLog),
  ];
  if (hidden) entries.push({ name: isLog ? "not finite, or not above 0" : "not finite", sign: "✕" });
  // One curve needs no name.
  return entries.length === 1 && "" in runs ? [] : entries;
}

function described(runs: Readonly<Record<string, RunHistory>>, metrics: readonly string[]): string {
  return Object.entries(runs)
    .flatMap(([run, { history }]) =>
      metrics
        .flatMap((name) => [name, `${VALIDATION}${name}`])
        .filter((name) => Object.hasOwn(history, name))
        .map((name) => {
          const values = history[name] ?? [];
          const ends = values.length > 0 ? `${brief(values[0] ?? 0)} to ${brief(values.at(-1) ?? 0)}` : "no values";
          return `${run && `${run}: `}${name} ${ends}`;
        }),
    )
    .slice(0, 12)
    .join(", ");
}

/** A chart in text for each metric. */
function inText(runs: Readonly<Record<string, RunHistory>>, metrics: readonly string[]): string {
  return metrics
    .map((metric) => {
      const series: Record<string, readonly number[]> = {};
      for (const [run, { history }] of Object.entries(runs))
        for (const name of [metric, `${VALIDATION}${metric}`])
          if (Object.hasOwn(history, name)) series[`${run && `${run}: `}${name}`] = history[name] ?? [];
      return chart(series, { legend: true });
    })
    .join("\n\n");
}

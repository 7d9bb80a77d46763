// The drawing of the curves of training runs.
import { isPlainRecord } from "../data/tree.ts";
import { lookUp } from "../errors.ts";
import type { Axes, Line } from "./axes.ts";
import { checkSubject, type PlotOptions, plotTable } from "./figure.ts";
import { panelFigure } from "./panels.ts";
import type { Plot } from "./plot.ts";

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

/** The table of {@link PlotHistoryOptions}. */
export const historyTable = { ...plotTable, metrics: "list", logScale: "boolean or list", height: "number" } as const;

/** Draws what `plotHistory` and `plot` of a history give: the errors name which it was. */
export function drawHistory(owner: string, given: Histories, options: PlotHistoryOptions): Plot {
  const runs = runsOf(owner, given);
  const known = [...new Set(runs.flatMap(([, { history }]) => Object.keys(history).map(base)))];
  const metrics = options.metrics ?? known.filter((name) => name !== "learning_rate");
  const { logScale } = options;
  const logs = logScale === true ? known : logScale || [];
  const table = Object.fromEntries(known.map((name) => [name, true]));
  for (const name of [...metrics, ...logs]) lookUp(owner, "metric", table, name);
  return panelFigure(owner, options, {
    title: "Training history",
    panels: metrics.map(
      (metric): Axes => ({
        x: { name: "epoch", isWhole: true },
        y: { name: metric, isLog: logs.includes(metric) },
        lines: [...linesOf(runs, metric, false), ...linesOf(runs, metric, true)],
      }),
    ),
  });
}

const base = (name: string): string => name.replace(/^val_/, "");

type Runs = readonly (readonly [name: string, RunHistory])[];

/** The runs by their names; "" is that of one alone. @throws ValueError where it is no history. */
function runsOf(owner: string, given: Histories): Runs {
  const isRun = (value: unknown): value is RunHistory => {
    const history = (value as Partial<RunHistory> | null | undefined)?.history;
    return isPlainRecord(history) && Object.values(history).every(Array.isArray);
  };
  const runs = Object.entries(isRun(given) ? { "": given } : isPlainRecord(given) ? given : {});
  const holds = runs.length > 0 && runs.every(([, run]) => isRun(run));
  checkSubject(owner, holds, "takes what fit gave", "a whole History, or several by their names", given);
  return runs as Runs;
}

/** The curves of a metric. One run has a colour each for training and validation, several one for each. */
function linesOf(runs: Runs, metric: string, isValidation: boolean): Line[] {
  const name = isValidation ? `val_${metric}` : metric;
  return runs.flatMap(([run, { epoch, history }], index) => {
    // JSON has null for numbers that are not finite.
    const y = Object.hasOwn(history, name) && history[name]?.map((value) => value ?? Number.NaN);
    if (!y) return [];
    const longest = Math.max(...Object.values(history).map(({ length }) => length));
    return {
      name: run ? `${run}: ${name}` : name,
      legend: isValidation ? "validation" : run || "training",
      x: epochsOf(y.length, epoch ?? Array.from({ length: longest }, (_, each) => each)),
      y,
      colour: run ? index : Number(isValidation),
      isDashed: isValidation,
    };
  });
}

/**
 * The epochs, from 1, of a metric that was not reported in all of them: those of the largest `validationFreq` that
 * gives so many, since runs mostly end with a validation; else the last ones.
 */
function epochsOf(count: number, epochs: readonly number[]): number[] {
  const numbers = epochs.map((epoch) => epoch + 1);
  for (let every = Math.floor(numbers.length / (count || 1)) + 1; every > 0; every--) {
    const found = numbers.filter((epoch) => epoch % every === 0);
    if (found.length === count) return found;
  }
  return numbers.slice(-count);
}

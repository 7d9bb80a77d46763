// One page about a training run.
import type { Model } from "../train/model.ts";
import type { Plot } from "./plot.ts";
import { plotHistograms } from "./plot-histograms.ts";
import { plotHistory, type RunHistory } from "./plot-history.ts";
import { plotModel } from "./plot-model.ts";
import type { Report } from "./report-page.ts";
import type { Theme } from "./theme.ts";
import { brief } from "./ticks.ts";

/** Options of {@link report}. */
export interface ReportOptions {
  /** Heading of the page. Default the model's name. */
  title?: string;
  /** Settings of yours that are listed: what was trained on, batch size, … */
  settings?: Readonly<Record<string, unknown>>;
  /** What a diagnosis says: a paragraph for each line, tables as they are. */
  diagnosis?: string | { toString(): string };
  /** Further pictures by their headings: a confusion matrix, images, filters, a schedule. */
  plots?: Readonly<Record<string, Plot>>;
  /** "light" or "dark", or "auto" (default) for what the reader's system prefers. Further pictures have their own. */
  theme?: Theme;
}

/**
 * A page about a training run: results, settings, curves, the learning rate where it was reported and changed, the
 * pictures and the diagnosis that are given, histograms of the weights, a drawing and the summary of the model. It
 * loads nothing from elsewhere.
 * @throws ValueError on what is no model or history, and on unknown options.
 * @example await (await report(model, history, { plots: { Mistakes: plotConfusionMatrix(matrix) } })).save("run.html");
 */
export async function report(
  model: Model,
  history: RunHistory & {
    /** The seed of the run, which the page shows. */
    readonly seed?: number;
  },
  options: ReportOptions = {},
): Promise<Report> {
  // The page does not import them: esbuild would load them in applications that draw one other picture alone.
  const draw = { brief, plotHistograms, plotHistory, plotModel };
  return (await import("./report-page.ts")).reportPage(draw, model, history, options);
}

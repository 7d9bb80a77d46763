// The picture of learning-rate schedules.
import { checkNumber } from "../errors.ts";
import type { Schedule } from "../optim/schedule.ts";
import { checkOptions } from "../options.ts";
import { checkSubject, type PlotOptions, plotTable } from "./figure.ts";
import { panelFigure } from "./panels.ts";
import type { Plot } from "./plot.ts";

/** Options of {@link plotSchedule}. */
export interface PlotScheduleOptions extends PlotOptions {
  /** How many steps are drawn, 1 to 10⁹. */
  steps: number;
  /** Whether rates are on a logarithmic axis. Default false. */
  logScale?: boolean;
  /** Height of the axes in pixels, 100 to 2000. Default 200. */
  height?: number;
}

/** A schedule is asked for so many steps at most. */
const MAX_POINTS = 5000;

/**
 * Learning rates over the steps. Of more than 5000 steps, so many are drawn, evenly spread.
 * @param given a schedule, or several by their names.
 * @throws ValueError where steps are missing, on what is no schedule, and on options out of range.
 * @example plotSchedule(cosineDecay({ initialLearningRate: 0.1, decaySteps: 1000 }), { steps: 1000 });
 */
export function plotSchedule(given: Schedule | Readonly<Record<string, Schedule>>, options: PlotScheduleOptions): Plot {
  const owner = "plotSchedule";
  const checked = checkOptions(owner, options, {
    ...plotTable,
    steps: "number!",
    logScale: "boolean",
    height: "number",
  });
  const { logScale: isLog = false } = checked;
  const all = Object.entries(typeof given === "function" ? { rate: given } : (given ?? {}));
  const holds = all.length > 0 && all.every(([, schedule]) => typeof schedule === "function");
  checkSubject(owner, holds, "takes a schedule, or several by their names", "functions of the step", given);
  const isSteps = (steps: number) => Number.isInteger(steps) && steps >= 1 && steps <= 1e9;
  const steps = checkNumber(owner, "steps", checked.steps, "an integer in [1, 10^9]", isSteps);
  const count = Math.min(steps, MAX_POINTS);
  const x = Array.from({ length: count }, (_, i) => Math.round((i * (steps - 1)) / Math.max(1, count - 1)));
  return panelFigure(owner, checked, {
    title: "Learning rate",
    panels: [
      {
        x: { name: "step", isWhole: true },
        y: { name: "learning rate", isLog, reaches: isLog ? [] : [0] },
        lines: all.map(([name, schedule], colour) => ({
          name,
          legend: name,
          x,
          y: x.map((step) => schedule(step)),
          colour,
        })),
      },
    ],
  });
}

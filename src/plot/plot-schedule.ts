// The picture of learning-rate schedules.
import { checkNumber, literal, valueError } from "../errors.ts";
import type { Schedule } from "../optim/schedule.ts";
import { checkOptions } from "../options.ts";
import { drawAxes, type Line } from "./axes.ts";
import { checkHeight, figure, inRows, type PlotOptions, plotTable } from "./figure.ts";
import type { Plot } from "./plot.ts";
import { chart } from "./text-chart.ts";
import { brief } from "./ticks.ts";

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
  const checked = checkOptions("plotSchedule", options, {
    ...plotTable,
    steps: "number!",
    logScale: "boolean",
    height: "number",
  });
  const named = typeof given === "function" ? { "": given } : given;
  const all = Object.entries(named ?? {});
  for (const [, schedule] of all.length > 0 ? all : [["", given]])
    if (typeof schedule !== "function")
      throw valueError("plotSchedule", {
        rule: "takes a schedule, or several by their names",
        expected: "a function of the step",
        received: literal(schedule),
      });
  const steps = checkNumber(
    "plotSchedule",
    "steps",
    checked.steps,
    "an integer in [1, 10^9]",
    (v) => Number.isInteger(v) && v >= 1 && v <= 1e9,
  );
  const count = Math.min(steps, MAX_POINTS);
  const x = Array.from({ length: count }, (_, i) => Math.round((i * (steps - 1)) / Math.max(1, count - 1)));
  const lines = all.map(([, schedule], colour): Line => ({ x, y: x.map((step) => schedule(step)), colour }));
  const description = all.map(([name], index) => {
    const y = lines[index]?.y ?? [];
    return `${name && `${name}: `}${brief(y[0] ?? 0)} to ${brief(y[count - 1] ?? 0)}`;
  });
  return figure("plotSchedule", checked, {
    title: "Learning rate",
    description: `${description.join(", ")} in ${steps} steps`,
    legend: "" in named ? [] : all.map(([name], colour) => ({ name, colour })),
    draw: (width) =>
      inRows(width, width, checkHeight("plotSchedule", checked.height ?? 200), [
        (w, h) =>
          drawAxes(
            {
              x: { name: "step", isWhole: true },
              y: { name: "learning rate", isLog: checked.logScale ?? false, reaches: checked.logScale ? [] : [0] },
              lines,
            },
            w,
            h,
          ),
      ]),
    text: chart(Object.fromEntries(lines.map(({ y }, index) => [all[index]?.[0] || "rate", Array.from(y)])), {
      legend: true,
    }),
  });
}

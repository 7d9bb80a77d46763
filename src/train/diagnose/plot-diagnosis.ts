// The picture of a diagnosis.
import { checkOptions } from "../../options.ts";
import type { Axes } from "../../plot/axes.ts";
import { type PlotOptions, plotTable } from "../../plot/figure.ts";
import { panelFigure } from "../../plot/panels.ts";
import type { Plot } from "../../plot/plot.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { figure as inDigits } from "./finding.ts";

/** Options of `plot` of a diagnosis. */
export interface DiagnosisPlotOptions extends PlotOptions {
  /** Height of one pair of axes in pixels, 100 to 2000. Default 200. */
  height?: number;
  /** Where to write the picture, in Node, Deno and Bun. */
  file?: string;
}

/** What `plot` of a diagnosis gives. */
export async function plotDiagnosis(diagnosis: Diagnosis, given: DiagnosisPlotOptions = {}): Promise<Plot> {
  const { file, ...options } = checkOptions("plot", given, { ...plotTable, height: "number", file: "string" });
  const { layers, findings, losses, gradientNorms } = diagnosis;
  const numbers = layers.map((_, index) => index + 1);
  const overLayers = (name: string, y: readonly number[], colour: number): Axes => ({
    x: { name: "layer", isWhole: true },
    y: { name, isLog: true },
    lines: [{ name, x: numbers, y, colour }],
  });
  const overSteps = (name: string, y: readonly number[], isLog: boolean): Axes => ({
    x: { name: "step", isWhole: true },
    y: { name, isLog },
    lines: [{ name, x: y.map((_, index) => index + 1), y }],
  });
  const panels: Axes[] = [
    ...(layers.length > 1
      ? [
          overLayers(
            "deviation of activations",
            layers.map((layer) => layer.activations.stddev),
            0,
          ),
          overLayers(
            "deviation of gradients",
            layers.map((layer) => layer.gradients?.stddev ?? Number.NaN),
            1,
          ),
        ]
      : []),
    ...(losses && losses.length > 1 ? [overSteps("loss", losses, false)] : []),
    ...(gradientNorms && gradientNorms.length > 1 ? [overSteps("norm of the gradient", gradientNorms, true)] : []),
  ];
  const plot = panelFigure("plot", options, {
    title: findings.length === 0 ? "Diagnosis: nothing wrong was found" : `Diagnosis: ${named(diagnosis)}`,
    description: layers
      .map(({ name, activations, gradients }) =>
        [name, inDigits(activations.stddev), gradients ? inDigits(gradients.stddev) : "none"].join(" "),
      )
      .join(", "),
    panels,
    text: String(diagnosis),
  });
  return file === undefined ? plot : plot.save(file);
}

/** The kinds of the most important findings, in words. */
function named({ findings }: Diagnosis): string {
  const kinds = [
    ...new Set(findings.map(({ kind }) => kind.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`))),
  ];
  return `${kinds.slice(0, 3).join(", ")}${kinds.length > 3 ? ", …" : ""}`;
}

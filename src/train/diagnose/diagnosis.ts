// The result of a diagnosis: findings and measures, as data, as text and as a picture.
import { Printed } from "../../format.ts";
import type { Plot } from "../../plot/plot.ts";
import { arrange, type Finding, figure, percent } from "./finding.ts";
import type { LayerMeasures, Measures, VariableMeasures } from "./measures.ts";
import type { DiagnosisPlotOptions } from "./plot-diagnosis.ts";
import type { Run } from "./trend-rules.ts";

/** What a {@link Diagnosis} is made of. */
export interface DiagnosisParts {
  /** What was diagnosed, for the title. */
  readonly title: string;
  readonly findings: readonly Finding[];
  /** Undefined where no step could be recorded. */
  readonly measures: Measures | undefined;
  /** The training run that was followed. */
  readonly run?: Pick<Run, "losses" | "gradientNorms">;
}

/** What was found wrong, and what was measured. `String(diagnosis)` is a table per layer and the findings in words. */
export class Diagnosis extends Printed {
  /** Most important first; without those that follow from others. */
  readonly findings: readonly Finding[];
  private readonly title: string;
  private readonly measures: Measures | undefined;
  private readonly run: DiagnosisParts["run"];

  constructor({ title, findings, measures, run }: DiagnosisParts) {
    super();
    this.run = run;
    this.title = title;
    this.findings = arrange(findings);
    this.measures = measures;
  }

  /** Whether nothing was found, but for cautions. */
  get isHealthy(): boolean {
    return this.findings.every(({ severity }) => severity === "caution");
  }

  /** Mean loss of the batches that were measured. */
  get loss(): number | undefined {
    return this.measures?.loss;
  }

  /** Norm of the gradient over all trained variables, before clipping. */
  get gradientNorm(): number | undefined {
    return this.measures?.gradientNorm;
  }

  /** Measures of each use of a layer, in the order of computation. */
  get layers(): readonly LayerMeasures[] {
    return this.measures?.layers ?? [];
  }

  /** Measures of each trained variable. */
  get variables(): readonly VariableMeasures[] {
    return this.measures?.variables ?? [];
  }

  /** Loss of each step, for a diagnosis of a training run. */
  get losses(): readonly number[] | undefined {
    return this.run?.losses;
  }

  /** Norm of the gradient in each step, before clipping, for a diagnosis of a training run. */
  get gradientNorms(): readonly number[] | undefined {
    return this.run?.gradientNorms;
  }

  /**
   * A picture: deviations of activations and gradients layer by layer; of a training run also loss and gradient norm
   * step by step. Notebooks of Deno show it by themselves.
   * @example await found.plot({ file: "diagnosis.svg" });
   */
  async plot(options?: DiagnosisPlotOptions): Promise<Plot> {
    return (await import("./plot-diagnosis.ts")).plotDiagnosis(this, options);
  }

  /** What Deno's notebooks show. */
  [Symbol.for("Jupyter.display")](): unknown {
    return this.plot().then((plot) => ({ ...plot.display(), "text/plain": String(this) }));
  }

  /** The table per layer, and the findings in words. */
  override toString(): string {
    const { findings, layers, title } = this;
    const words = findings.length === 0 ? ["Nothing wrong was found."] : findings.map(inWords);
    const head = this.loss === undefined ? title : `${title}: loss ${figure(this.loss)}`;
    return [head, ...(layers.length > 0 ? table(layers, this.variables) : []), ...words].join("\n");
  }

  override toJSON(): object {
    const { findings, loss, gradientNorm, layers, variables } = this;
    return { kind: "diagnosis", loss, gradientNorm, findings, layers, variables };
  }
}

/** `1. error, certain: … \n   Try: …`. */
function inWords({ severity, confidence, layer, message, advice }: Finding, index: number): string {
  const sure = confidence >= 0.95 ? "certain" : confidence >= 0.75 ? "likely" : "possible";
  const where = layer === undefined || message.includes(`"${layer}"`) ? "" : ` (${layer})`;
  return `${index + 1}. ${severity}, ${sure}${where}: ${message}.\n   Try: ${advice}`;
}

const columns = ["layer", "activation", "mean", "deviation", "range", "gradient", "inactive", "update/weight"] as const;

function table(layers: readonly LayerMeasures[], variables: readonly VariableMeasures[]): string[] {
  const rows = layers.map((layer) => {
    const { name, activation = "", activations, gradients, dead, saturated } = layer;
    const kernel = variables
      .filter((variable) => variable.layer === name.replace(/#\d+$/, "") && variable.weight > 0)
      .sort((a, b) => b.shape.length - a.shape.length)[0];
    return [
      `${name} (${layer.units})`,
      activation,
      figure(activations.mean),
      figure(activations.stddev),
      `${figure(activations.min)} … ${figure(activations.max)}`,
      gradients ? figure(gradients.rms) : "",
      dead !== undefined ? `${percent(dead)} dead` : saturated !== undefined ? `${percent(saturated)} saturated` : "",
      kernel ? figure(kernel.ratio) : "",
    ];
  });
  const all = [columns, ...rows];
  const widths = columns.map((_, column) => Math.max(...all.map((row) => (row[column] as string).length)));
  return all.map((row) =>
    row
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number),
      )
      .join("  ")
      .trimEnd(),
  );
}

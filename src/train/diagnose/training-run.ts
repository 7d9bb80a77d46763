// Follows a training run for the callback `diagnoseTraining`: notes measures of its steps, and says what went wrong.
import type { Training } from "../callback.ts";
import type { Logs } from "../step-runner.ts";
import { scaleFindings } from "./data-rules.ts";
import { Diagnosis } from "./diagnosis.ts";
import { type Measures, mergeMeasures } from "./measures.ts";
import { signalFindings } from "./signal-rules.ts";
import { type Run, trendFindings } from "./trend-rules.ts";

/** How many of the last steps the measures per layer are taken over. */
const lastSteps = 8;

/** What is known of a run so far. */
export class TrainingRun implements Run {
  readonly losses: number[] = [];
  readonly gradientNorms: number[] = [];
  readonly epochLosses: number[] = [];
  readonly validationLosses: number[] = [];
  rate = 0;
  readonly isFirst: boolean;
  private readonly title: string;
  /** Measures of the first step that had numbers that are not finite. */
  private broken: Measures | undefined;
  private readonly recent: Measures[] = [];

  constructor({ model }: Training) {
    this.title = model.label;
    this.isFirst = model.optimizer.rawSteps === 0;
  }

  /** Notes a step. */
  addStep({ measures, model }: Training): void {
    if (!measures) return;
    this.losses.push(measures.loss);
    this.gradientNorms.push(measures.gradientNorm);
    this.rate = model.optimizer.learningRate;
    this.recent.push(measures);
    if (measures.notFinite) this.broken ??= measures;
    if (this.recent.length > lastSteps) this.recent.shift();
  }

  /** Notes the end of an epoch. */
  addEpoch({ loss, val_loss: validation }: Logs): void {
    if (loss !== undefined) this.epochLosses.push(loss);
    if (validation !== undefined) this.validationLosses.push(validation);
  }

  /** What can be said now. */
  diagnose(): Diagnosis {
    const measures = this.recent.length > 0 ? mergeMeasures(this.recent) : undefined;
    const shown = this.broken ?? measures;
    const signals = shown ? [...signalFindings(shown), ...scaleFindings(shown.layers)] : [];
    return new Diagnosis({
      title: `${this.title} after ${this.losses.length} steps`,
      findings: [...trendFindings(this), ...signals],
      measures,
      run: this,
    });
  }
}

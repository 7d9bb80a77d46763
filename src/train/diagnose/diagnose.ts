// Looks at a model with a few batches of data, and says what is wrong. Loaded by `diagnose` of the package.
import { checkCount } from "../../checks.ts";
import { AreteError, literal, valueError } from "../../errors.ts";
import type { OptionTable } from "../../options.ts";
import { checkOptions } from "../../options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Columns } from "../batch.ts";
import { BatchMaker, type Given, outputNames } from "../batch-maker.ts";
import type { Model } from "../model.ts";
import { noBatches } from "../pass.ts";
import { ProgramCache } from "../program-cache.ts";
import { portName } from "../record-step.ts";
import type { Compiled } from "../session.ts";
import { sessionOf } from "../session.ts";
import type { StepRunner } from "../step-runner.ts";
import { TrainingSetup } from "../training-setup.ts";
import { activationOf } from "./activity.ts";
import { inputFindings, labelFindings, scaleFindings } from "./data-rules.ts";
import { Diagnosis } from "./diagnosis.ts";
import { type Finding, figure } from "./finding.ts";
import { type HeldBatch, heldSource, holdBatches } from "./held-batches.ts";
import { fitFindings } from "./label-rules.ts";
import { type Measures, mergeMeasures } from "./measures.ts";
import { measuringInstrument } from "./measuring.ts";
import { familyOf, labelsOf, lossOfChance, type OutputFacts } from "./output-facts.ts";
import { rateFindings } from "./rate-rules.ts";
import { signalFindings } from "./signal-rules.ts";
import { limits } from "./thresholds.ts";
import { overfitting } from "./trend-rules.ts";
import { tryTraining } from "./trial.ts";

/** Options of `diagnose`. */
export interface DiagnoseOptions {
  /** Samples per batch of arrays. Default 32. */
  batchSize?: number;
  /** How many batches are measured. Default 8. */
  batches?: number;
  /**
   * Training steps on these batches that try the learning rate; weights and optimizer are restored afterwards. 0 for
   * none. Default 20.
   */
  steps?: number;
  /** Of the choice of samples from arrays. Default the model's seed. */
  seed?: number;
  /** What `fit` gave with validation data: whether the model overfits is seen in it. Default none. */
  history?: { readonly history: Readonly<Record<string, readonly number[]>> };
}

const table: OptionTable<DiagnoseOptions> = {
  batchSize: "number",
  batches: "number",
  steps: "number",
  seed: "number",
  history: "object",
};

/** See `diagnose` of the package. */
export async function diagnoseModel(model: Model, data: Given, given: DiagnoseOptions = {}): Promise<Diagnosis> {
  const options = checkOptions("diagnose", given, table);
  const { batchSize = 32, batches: count = 8, steps = 20, seed = model.seed } = options;
  checkCount("diagnose", "batchSize", batchSize, 1);
  checkCount("diagnose", "batches", count, 1);
  checkCount("diagnose", "steps", steps, 0);
  const epochLosses = epochLossesOf(options);
  const session = sessionOf("diagnose", model);
  return session.run("diagnose", async (compiled) => {
    const maker = new BatchMaker(model, "diagnose", compiled.setup.objective, false);
    // Of arrays all labels and inputs are looked at, of a stream those of the batches that are measured.
    const columns = data.stream ? undefined : await maker.columns(data);
    const source = columns
      ? maker.arrayBatches(columns, { batchSize, shuffle: true, seed })
      : await maker.batches(data);
    const batches = await holdBatches(source, count);
    if (batches.length === 0) throw noBatches(`diagnose of ${model.label}`, source);
    const rows = batches.reduce((sum, { spec }) => sum + spec.rows, 0);
    const title = `${model.label} on ${rows} ${rows === 1 ? "sample" : "samples"}`;
    const outputs = outputsOf(model, compiled, batches, columns);
    const findings = [
      ...inputFindings(batches, namesOfInputs(model), columns),
      ...labelFindings(outputs),
      ...fitFindings(outputs),
    ];
    findings.push(...stateFindings(compiled.stepRunner));
    findings.push(...overfitting(epochLosses.loss, epochLosses.val_loss, chanceOf(compiled, outputs)));
    const isStopped = findings.some(({ kind }) => kind === "nothingTrains");
    const measuring = new Measuring(model, compiled);
    try {
      const measures = isStopped ? undefined : await measuring.measure(batches);
      if (measures) {
        // Where the data are not finite, what is made of them is not either.
        const isDataBroken = findings.some(({ kind }) => kind === "notFinite");
        findings.push(...scaleFindings(measures.layers), ...(isDataBroken ? [] : signalFindings(measures)));
        findings.push(...initialLoss(compiled, measures, outputs));
        if (steps > 0 && !measures.notFinite)
          findings.push(...(await rate(compiled, { measuring, batches, steps, measures, outputs })));
      }
      return new Diagnosis({ title, findings, measures });
    } catch (error) {
      // What does not fit is found above, and also refused where a step is recorded.
      if (error instanceof AreteError && findings.some(({ kind }) => kind === "labelsDoNotFit"))
        return new Diagnosis({ title, findings, measures: undefined });
      throw error;
    } finally {
      measuring.dispose();
    }
  });
}

/** The losses of each epoch. @throws ValueError where the history is none. */
function epochLossesOf({ history }: DiagnoseOptions): Record<"loss" | "val_loss", readonly number[]> {
  const { loss = [], val_loss = [] } = history ? (history.history ?? { loss: null }) : {};
  if (Array.isArray(loss) && Array.isArray(val_loss)) return { loss, val_loss };
  throw valueError("diagnose", {
    rule: "history is what fit gave",
    expected: "an object with lists at history.loss and history.val_loss",
    received: literal(history),
  });
}

const namesOfInputs = (model: Model): string[] => model.inputs.map((input) => model.nameOf(input));

/** What is known of each output that has a loss. */
function outputsOf(
  model: Model,
  { setup, stepRunner }: Compiled,
  batches: readonly HeldBatch[],
  columns: Columns | undefined,
): OutputFacts[] {
  const [first] = batches as readonly [HeldBatch];
  const recorded = stepRunner.record("predict", { ...first.spec, y: [], weights: [] });
  return outputNames(model).flatMap((name, index): OutputFacts[] => {
    const loss = setup.objective.losses[index];
    const output = recorded.outputs[portName.output(index)] as Tensor;
    if (!loss) return [];
    return [
      {
        name,
        loss,
        activation: activationOf(output)?.name,
        shape: output.shape,
        labelShape: first.spec.y[index]?.shape ?? [],
        labels: Float64Array.from(columns?.y[index]?.data ?? labelsOf(batches, index)),
      },
    ];
  });
}

/** Runs train steps that measure and change nothing. */
class Measuring {
  private readonly programs: ProgramCache;
  private readonly instrument = measuringInstrument({});
  private setup: TrainingSetup | undefined;

  constructor(
    private readonly model: Model,
    private readonly compiled: Compiled,
  ) {
    this.programs = new ProgramCache(() => compiled.stepRunner.backend());
  }

  /** Measures over all of these batches. */
  async measure(batches: readonly HeldBatch[]): Promise<Measures> {
    const { stepRunner, setup } = this.compiled;
    // Metrics of its own: they fit themselves to the first labels that they see.
    this.setup ??= await new TrainingSetup(this.model.label, setup.objective.fresh(), setup.optimizer).load();
    const own = this.setup;
    const cursor = heldSource(batches).open(0);
    const found: Measures[] = [];
    for (let index = 0; index < batches.length; index++) {
      const spec = await cursor.next();
      if (!spec) break;
      const record = () => ({ outputs: stepRunner.record("train", spec, own, this.instrument).outputs });
      const measures = await this.programs.use(spec.signature, record, (program) => {
        const step = stepRunner.stepOf(program, spec);
        stepRunner.feed("train", step, cursor, index);
        program.run();
        return this.instrument.read(program);
      });
      found.push(measures.measures as Measures);
      if (stepRunner.yielder.isDue) await stepRunner.yielder.pause();
    }
    return mergeMeasures(found);
  }

  dispose(): void {
    this.programs.dispose();
  }
}

function stateFindings(stepRunner: StepRunner): Finding[] {
  if (stepRunner.trainable.length === 0)
    return [
      {
        kind: "nothingTrains",
        severity: "error",
        layer: undefined,
        confidence: 1,
        message: "no variable is trained: all layers are frozen, or none has weights",
        advice: "Set trainable = true on the layers to train, then call compile again.",
        evidence: {},
      },
    ];
  if (!stepRunner.isStale) return [];
  return [
    {
      kind: "trainableChanged",
      severity: "warning",
      layer: undefined,
      confidence: 1,
      message: "trainable was set on a layer after compile, which training ignores",
      advice: "Call compile again.",
      evidence: {},
    },
  ];
}

/** The only output's loss of chance, where the model's loss is this output's alone. */
function chanceOf({ setup }: Compiled, outputs: readonly OutputFacts[]): number | undefined {
  const [only] = outputs;
  return outputs.length === 1 && only && setup.objective.options.lossWeights === undefined
    ? lossOfChance(only)
    : undefined;
}

/** An untrained model should know nothing, and not be sure of what is wrong. */
function initialLoss(compiled: Compiled, { loss, notFinite }: Measures, outputs: readonly OutputFacts[]): Finding[] {
  const { setup } = compiled;
  const chance = chanceOf(compiled, outputs);
  const isUntrained = setup.optimizer.rawSteps === 0 && setup.epochs === 0;
  if (!isUntrained || notFinite || !chance || outputs[0] === undefined) return [];
  const limit = familyOf(outputs[0].loss) === "regression" ? limits.initialRegressionLoss : limits.initialLoss;
  if (!(loss > limit * chance)) return [];
  return [
    {
      kind: "highInitialLoss",
      severity: "caution",
      layer: outputs[0].name,
      confidence: loss > 10 * chance ? 0.8 : 0.6,
      message: `before training the loss is ${figure(loss)}, ${figure(loss / chance)} times that of chance (${figure(chance)}): the model is sure of what is wrong`,
      advice:
        "Use smaller initial weights in the last layer, and standardized inputs. Of a model with loaded weights, check that inputs and labels are those that it was trained with.",
      evidence: { loss, chance },
    },
  ];
}

interface RateParts {
  readonly measuring: Measuring;
  readonly batches: readonly HeldBatch[];
  readonly steps: number;
  readonly measures: Measures;
  readonly outputs: readonly OutputFacts[];
}

/** Tries the learning rate on these batches. */
async function rate(
  compiled: Compiled,
  { measuring, batches, steps, measures, outputs }: RateParts,
): Promise<Finding[]> {
  const { optimizer } = compiled.setup;
  const tried = (learningRate?: number) =>
    tryTraining(
      compiled,
      batches,
      steps,
      async (losses) => ({
        after: (await measuring.measure(batches)).loss,
        // NaN must not be lost in a maximum.
        peak: losses.reduce((a, b) => (b <= a ? a : b), 0),
      }),
      learningRate,
    );
  return rateFindings({
    measures,
    trial: { steps, rate: optimizer.learningRate, before: measures.loss, ...(await tried()) },
    isScheduled: optimizer.isScheduled,
    chance: chanceOf(compiled, outputs),
    retry: async (learningRate) => (await tried(learningRate)).after,
  });
}

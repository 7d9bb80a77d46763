import { checkCount } from "../checks.ts";
import { compileOnDemand } from "../compiler/compile-on-demand.ts";
import type { CompileOptions } from "../compiler/compile-with.ts";
import { lookUp, shapeError, valueError } from "../errors.ts";
import { hide } from "../format.ts";
import type { DType } from "../ir/dtype.ts";
import { print } from "../ir/print.ts";
import type { Program } from "../ir/program.ts";
import { checkShape, formatShape, type Shape } from "../ir/shape.ts";
import { checkOptions } from "../options.ts";
import { type ArraySpec, batchSpec } from "./batch.ts";
import { outputNames } from "./batch-maker.ts";
import type { Model } from "./model.ts";
import { type Mode, portName } from "./record-step.ts";
import { checkBuilt, type Session, sessionOf } from "./session.ts";
import type { StepRunner } from "./step-runner.ts";
import { TrainingSetup } from "./training-setup.ts";

/** The shape of an array with the batch axis first, or anything that has a shape and a dtype, such as a tensor. */
export type ShapeGiven =
  | Shape
  | {
      /** Shape of a batch. */
      readonly shape: Shape;
      /** Kind of its numbers. */
      readonly dtype: DType;
    };

/** Shapes for several arrays: a list in the order of the model's inputs or outputs; null for one that is not there. */
export type ShapesGiven = ShapeGiven | readonly (ShapeGiven | null)[];

/** The batch whose {@link program} is wanted. */
export interface BatchShapes {
  /** Samples in the batch, ≥ 1. Default the first extent of x, else 32. */
  batchSize?: number;
  /** Shapes [batch, …] of the inputs. Default those of the model; needed where it leaves extents open. */
  x?: ShapesGiven;
  /** Shapes [batch, …] of the labels. Default what the losses take: class numbers (int32), or the outputs' shapes. */
  y?: ShapesGiven;
  /** Shapes of the sample weights, [batch] or [batch, …]. Default none. */
  sampleWeight?: ShapesGiven;
}

const modes: Readonly<Record<Mode, true>> = { train: true, accumulate: true, test: true, predict: true, sample: true };

/**
 * The program that a model runs for one batch, compiled and not run: what `fit`, `evaluate` and `predict` do, as plain
 * data. `String(program)` and `print(program)` show it, one instruction a line with shapes and bytes.
 * @param mode "train" or "test" of a compiled model, or "predict"; "accumulate" is a train step that only adds up
 * gradients (see `gradientAccumulationSteps`), "sample" a prediction with dropout and noise on (see `mcPredict`).
 * @param shapes of the batch. Default 32 samples.
 * @throws StateError before `compile`, but for predictions; ShapeError where shapes do not fit or are not known;
 * ValueError on an unknown mode.
 * @example console.log(String(await program(model, "train", { batchSize: 64 })));
 */
export async function program(model: Model, mode: Mode, shapes: BatchShapes = {}): Promise<Program> {
  const session = sessionOf("program", model);
  lookUp("program", "mode", modes, mode);
  const given = checkOptions("program", shapes, {
    batchSize: "number",
    x: "list or object",
    y: "list or object",
    sampleWeight: "list or object",
  });
  const label = `program of ${model.label}`;
  const { stepRunner } = session;
  const x = inputSpecs(label, model, given);
  const rows = (x[0] as ArraySpec).shape[0] as number;
  if (mode === "predict" || mode === "sample") {
    if (given.y ?? given.sampleWeight)
      throw valueError(label, {
        rule: `"${mode}" takes no labels`,
        expected: "x alone",
        received: "y or sampleWeight",
      });
    return readable(stepRunner, stepRunner.record(mode, batchSpec(rows, x, [], [])));
  }
  const { objective, optimizer } = await session.compiled("program").setup.load();
  // Metrics of its own: they fit themselves to the first labels that they see.
  const setup = await new TrainingSetup(label, objective.fresh(), optimizer).load();
  const names = outputNames(model);
  const labels = given.y === undefined ? labelSpecs(session, setup, x) : specsOf(label, "y", given.y, names);
  const weights =
    given.sampleWeight === undefined
      ? names.map(() => undefined)
      : specsOf(label, "sampleWeight", given.sampleWeight, names);
  return readable(stepRunner, stepRunner.record(mode, batchSpec(rows, x, labels, weights), setup));
}

/** The program, as the backend would get it, with its text as `String(program)`. */
async function readable({ limits }: StepRunner, recorded: CompileOptions): Promise<Program> {
  const { program } = await compileOnDemand(recorded, limits);
  return hide(program, "toString", () => print(program));
}

/** Specs of the inputs, from given shapes or from the model's. */
function inputSpecs(label: string, model: Model, { batchSize = 32, x }: BatchShapes): ArraySpec[] {
  checkCount(label, "batchSize", batchSize, 1);
  checkBuilt("program", model);
  const { starts: inputs } = model;
  const names = inputs.map((input) => model.nameOf(input));
  const given = x === undefined ? undefined : specsOf(label, "x", x, names);
  return inputs.map(({ shape, dtype }, index) => {
    const found = given?.[index]?.shape ?? [batchSize, ...shape.slice(1)];
    if (found.every((extent) => extent !== null)) return { shape: found as Shape, dtype };
    throw shapeError(label, {
      rule: `the model leaves extents of "${names[index]}" open`,
      expected: "their extents in x",
      received: formatShape(shape),
      advice: `For example { x: ${formatShape(found.map((extent) => extent ?? 10))} }.`,
    });
  });
}

/** Specs of labels as the losses take them; undefined for outputs that need none. */
function labelSpecs(
  { stepRunner }: Session,
  { objective }: TrainingSetup,
  x: readonly ArraySpec[],
): (ArraySpec | undefined)[] {
  // Recorded, since the shapes of outputs may follow from extents of x that the model leaves open.
  const { outputs } = stepRunner.record("predict", batchSpec(0, x, [], []));
  return objective.needsLabels.map((isNeeded, index) => {
    const shape = outputs[portName.output(index)]?.shape ?? [];
    const { kind, axis = -1 } = objective.losses[index]?.labels ?? {};
    if (!isNeeded) return undefined;
    return kind === "class"
      ? { shape: shape.filter((_, at) => at !== (axis < 0 ? axis + shape.length : axis)), dtype: "int32" }
      : { shape, dtype: "float32" };
  });
}

/** Shapes that were given, one for each name. */
function specsOf(label: string, what: string, given: ShapesGiven, names: readonly string[]): (ArraySpec | undefined)[] {
  const isOne = !Array.isArray(given) || given.every((extent) => typeof extent === "number");
  const list = (isOne ? [given] : given) as readonly (ShapeGiven | null)[];
  if (list.length !== names.length) {
    throw valueError(label, {
      rule: `${what} needs a shape for each of ${names.join(", ")}`,
      expected: names.length,
      received: list.length,
    });
  }
  return list.map((one) => {
    if (one === null) return undefined;
    const { shape, dtype = "float32" } = Array.isArray(one) ? { shape: one } : (one as Partial<ArraySpec>);
    return { shape: checkShape(label, shape), dtype };
  });
}

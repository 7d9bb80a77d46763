// A callback that writes a file after each epoch, or after the best.

import { isPlainRecord } from "../../data/tree.ts";
import { literal, stateError, valueError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import type { Training } from "../../train/callback.ts";
import { ModelCheckpoint, type ModelCheckpointOptions, type Snapshot } from "../../train/callbacks/model-checkpoint.ts";
import { monitorTable } from "../../train/callbacks/monitor.ts";
import { nameOf } from "../endings.ts";
import type { CustomObjects } from "../keras/keras-object.ts";
import { writeTarget } from "../stores/files.ts";
import type { StoredFile, Target } from "../stores/store.ts";
import { checkName, fieldsOf, fillName } from "./fill-name.ts";

/** Options of {@link modelCheckpoint}. */
export interface FileCheckpointOptions extends Omit<ModelCheckpointOptions, "save"> {
  /**
   * Where to write: a path, `indexeddb://…`, a store, … A name may hold `{epoch}` (from 1), `{batch}` and what is
   * reported, such as `{loss}` or `{valLoss}`: each then is a file of its own; otherwise the file is replaced. A name
   * that ends in `.safetensors`, and a store or handle without one, gets a checkpoint of the run, which {@link resume}
   * goes on from; one that ends in `.keras` the model as `saveModel` writes it, for use elsewhere.
   */
  target: Target;
  /** With `.keras`: as in `saveModel`, functions and layers of your own by their names in the file. */
  customObjects?: CustomObjects;
}

/** Writes files while training. See {@link modelCheckpoint}. */
export class FileCheckpoint extends ModelCheckpoint {
  private readonly isRun: boolean;
  private readonly target: Target;
  private readonly isWithinEpochs: boolean;
  private isChecked = false;

  constructor({ target, customObjects, ...options }: FileCheckpointOptions) {
    super({ ...options, save: (snapshot, _, training) => write(target, snapshot, training, customObjects) });
    this.target = target;
    this.isWithinEpochs = typeof options.saveFreq === "number";
    this.isRun = checkTarget(target);
    if (this.isRun && customObjects !== undefined)
      throw valueError("modelCheckpoint", {
        rule: "a checkpoint of a run holds no names of customObjects",
        expected: "customObjects with a .keras target only",
        received: literal(nameOf(target)),
      });
  }

  override onTrainBegin(training: Training): void {
    super.onTrainBegin(training);
    this.checkFields(training);
    // A model file holds nothing of the other callbacks.
    if (!this.isRun) return;
    const { callbacks } = training;
    const behind = callbacks.slice(callbacks.indexOf(this) + 1);
    const changes = behind.some(
      ({ onEpochEnd, onTrainBatchEnd, getState }) => onEpochEnd ?? onTrainBatchEnd ?? getState,
    );
    if (!changes) return;
    throw stateError("modelCheckpoint", {
      rule: "a checkpoint keeps what the other callbacks have noted of the epoch",
      expected: "modelCheckpoint last in the list of callbacks",
      received: "callbacks behind it",
    });
  }

  /** After the first batch it is known what the model reports. */
  onTrainBatchBegin(batch: number, training: Training): void {
    if (this.isChecked || batch === 0) return;
    this.isChecked = true;
    this.checkFields(training, Object.keys(training.model.reported));
  }

  /**
   * Refuses a name with values that nothing will report. Callbacks before may add some to the logs: then these are
   * found when the first file is written.
   * @param reported what the model reports; undefined where that is not known yet.
   */
  private checkFields({ callbacks, validates }: Training, reported?: readonly string[]): void {
    const before = callbacks.slice(0, callbacks.indexOf(this));
    if (before.some(({ onEpochEnd, onTrainBatchEnd }) => onEpochEnd ?? onTrainBatchEnd)) return;
    const { isWithinEpochs: isWithin } = this;
    const names = reported ?? ["loss"];
    const validated = validates && !isWithin ? names.map((name) => `val_${name}`) : [];
    const known = ["epoch", ...(isWithin ? ["batch"] : []), ...names, ...validated];
    // A metric of several numbers reports them with numbers behind its name.
    const isKnown = (field: string) =>
      reported
        ? reported.some((name) => field.startsWith(`${name}_`) || (validated[0] && field.startsWith(`val_${name}_`)))
        : field !== "batch" && (validated[0] || !field.startsWith("val_"));
    const accepted = fieldsOf(nameOf(this.target) ?? "").filter(isKnown);
    filledIn(this.target, Object.fromEntries([...known, ...accepted].map((name) => [name, 0])));
  }
}

/**
 * As `modelCheckpoint` of `aretejs`, but it writes files: a checkpoint of the run, from which {@link resume} goes on as
 * if it had not been interrupted. List it last. A file is replaced as a whole, so a crash leaves the one before.
 * @throws ValueError where an option is out of range or the target is none; as training begins, StateError where
 * callbacks are listed behind it; FileError where the file cannot be written.
 * @example
 * const callbacks = [earlyStopping({ patience: 5 }), modelCheckpoint({ target: "runs/last.safetensors" })];
 * await model.fit(x, y, await resume(model, "runs/last.safetensors", { epochs: 100, callbacks }));
 * @see Keras 3 `callbacks.ModelCheckpoint`, `callbacks.BackupAndRestore`.
 */
export function modelCheckpoint(options: FileCheckpointOptions): ModelCheckpoint {
  if (!isPlainRecord(options) || options.target === undefined)
    throw valueError("modelCheckpoint", {
      rule: "target must be given",
      expected: '{ target: "run.safetensors" }',
      received: options,
    });
  return new FileCheckpoint(
    checkOptions<FileCheckpointOptions>("modelCheckpoint", options, {
      target: "string or object!",
      customObjects: "object",
      saveBestOnly: "boolean",
      saveFreq: "string or number",
      initialValueThreshold: "number",
      ...monitorTable,
    }),
  );
}

/** Whether the target gets a checkpoint of the run rather than a model. */
function checkTarget(target: Target): boolean {
  const isObject = typeof target === "object" && target !== null;
  if (isObject && "getWriter" in target)
    throw valueError("modelCheckpoint", {
      rule: "a stream takes one file, and training writes many",
      expected: "a path or a store",
      received: "a WritableStream",
    });
  const name = isObject || typeof target === "string" ? nameOf(target) : "";
  // A handle has the name that the user chose.
  if (!(isObject && "getFile" in target)) checkName(name ?? "");
  if (name === undefined || name.endsWith(".safetensors")) return true;
  if (name.endsWith(".keras")) return false;
  throw valueError("modelCheckpoint", {
    rule: "the name of a checkpoint says its format",
    expected: "a target that ends in .safetensors or .keras",
    received: literal(isObject ? name : target),
  });
}

async function write(
  target: Target,
  { epoch, batch, logs, weights }: Snapshot,
  training: Training,
  customObjects: CustomObjects | undefined,
): Promise<void> {
  const values = { epoch: epoch + 1, ...(batch !== undefined && { batch: batch + 1 }), ...logs };
  const filled = filledIn(target, values);
  if (!checkTarget(target)) {
    const { writeKeras } = await import("../keras/saving.ts");
    await writeTarget(filled, await writeKeras(training.model, { compile: true, customObjects, weights }));
  } else {
    const { checkpointFile } = await import("./run-state.ts");
    const ended = batch === undefined ? { epoch, logs } : undefined;
    await writeTarget(filled, await checkpointFile(training, weights, ended));
  }
}

function filledIn(target: Target, values: Readonly<Record<string, number>>): Target {
  if (typeof target === "string") return fillName(target, values);
  if (target instanceof URL) return new URL(fillName(decodeURI(target.href), values));
  return "store" in target ? { ...target, name: fillName((target as StoredFile).name, values) } : target;
}

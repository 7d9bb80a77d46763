// A callback that writes what TensorBoard shows.
import { checkCount } from "../../checks.ts";
import { literal, valueError } from "../../errors.ts";
import { freeName } from "../../name-registry.ts";
import { findApplications } from "../../nn/model-graph.ts";
import type { SymbolicTensor } from "../../nn/symbolic.ts";
import { checkOptions } from "../../options.ts";
import { distributionOf } from "../../plot/distribution.ts";
import type { Callback, Run, Training } from "../../train/callback.ts";
import type { Model } from "../../train/model.ts";
import { getNamedWeights } from "../../train/named-weights.ts";
import type { Logs } from "../../train/step-runner.ts";
import { EventFile, type LogDirectory } from "./event-file.ts";
import { type GraphNode, graphRecord, type Histogram, type Summary, summaryRecord } from "./events.ts";

/** Options of {@link tensorBoard}. */
export interface TensorBoardOptions {
  /**
   * The directory: a path (Node, Deno, Bun), an address such as `opfs://logs`, a store, or `{ store, name }`. Use
   * another one for each run that is to be compared: "logs/adam", "logs/sgd". Default "logs".
   */
  logDir?: LogDirectory;
  /** Every how many epochs histograms of the weights are written, ≥ 1; 0 (default) for never. */
  histogramFreq?: number;
  /** "epoch" (default), "batch", or a number of batches ≥ 1: how often losses and metrics of batches are written. */
  updateFreq?: "epoch" | "batch" | number;
  /** Whether the graph of the layers is written. Default true. */
  writeGraph?: boolean;
  /** Whether the steps per second are written, for each epoch. Default false. */
  writeStepsPerSecond?: boolean;
}

/** Batches are written to the file when so many milliseconds have passed. */
const FLUSH_AFTER = 1000;

class TensorBoard implements Callback {
  onTrainBatchEnd?: (batch: number, logs: Logs, training: Training) => Promise<void>;
  private files = new Map<string, EventFile>();
  private batches = 0;
  private flushed = 0;
  private hasGraph = false;
  private begun = { time: 0, steps: 0 };

  constructor(private readonly options: Required<TensorBoardOptions>) {
    const { updateFreq } = options;
    // Reading the logs of batches takes time, so the hook is there only where they are wanted.
    if (updateFreq !== "epoch")
      this.onTrainBatchEnd = (_, logs) => this.writeBatch(logs, updateFreq === "batch" ? 1 : updateFreq);
  }

  getState(): Readonly<Record<string, unknown>> {
    return { batches: this.batches };
  }

  setState({ batches }: Readonly<Record<string, unknown>>): void {
    this.batches = batches as number;
  }

  async onTrainBegin({ model }: Training): Promise<void> {
    this.batches = 0;
    // Each run has files of its own.
    this.files = new Map();
    if (!this.options.writeGraph || !model.built) return;
    this.writeGraph(model);
    await this.flush();
  }

  onEpochBegin(_: number, { model }: Training): void {
    this.begun = { time: performance.now(), steps: model.optimizer.iterations };
  }

  async onEpochEnd(epoch: number, logs: Logs, { model }: Training): Promise<void> {
    const train: Summary[] = [];
    const validation: Summary[] = [];
    const { optimizer } = model;
    for (const [name, value] of Object.entries({ ...logs, learning_rate: optimizer.learningRate })) {
      if (name.startsWith("val_")) validation.push({ tag: `epoch_${name.slice(4)}`, value });
      else train.push({ tag: `epoch_${name}`, value });
    }
    if (this.options.writeStepsPerSecond) {
      const seconds = (performance.now() - this.begun.time) / 1000;
      train.push({ tag: "epoch_steps_per_second", value: (optimizer.iterations - this.begun.steps) / seconds });
    }
    const { histogramFreq } = this.options;
    if (histogramFreq > 0 && epoch % histogramFreq === 0) train.push(...(await histogramsOf(model)));
    if (!this.hasGraph && this.options.writeGraph) this.writeGraph(model);
    this.write("train", epoch, train);
    this.write("validation", epoch, validation);
    await this.flush();
  }

  async onTestEnd(logs: Logs, { model }: Run): Promise<void> {
    const summaries = Object.entries(logs).map(([name, value]) => ({
      tag: `evaluation_${name.replace(/^val_/, "")}_vs_iterations`,
      value,
    }));
    this.write("validation", model.optimizer.iterations, summaries);
    await this.flush();
  }

  async onTrainEnd(): Promise<void> {
    await this.flush();
  }

  private async writeBatch(logs: Logs, every: number): Promise<void> {
    this.batches++;
    if (this.batches % every !== 0) return;
    const summaries = Object.entries(logs).map(([name, value]) => ({ tag: `batch_${name}`, value }));
    this.write("train", this.batches, summaries);
    if (performance.now() - this.flushed > FLUSH_AFTER) await this.flush();
  }

  private writeGraph(model: Model): void {
    this.hasGraph = true;
    this.file("train").add(graphRecord(Date.now(), nodesOf(model)));
  }

  private write(run: string, step: number, summaries: readonly Summary[]): void {
    if (summaries.length > 0) this.file(run).add(summaryRecord(Date.now(), step, summaries));
  }

  private file(run: string): EventFile {
    const file = this.files.get(run) ?? new EventFile(this.options.logDir, run);
    this.files.set(run, file);
    return file;
  }

  private async flush(): Promise<void> {
    this.flushed = performance.now();
    for (const file of this.files.values()) await file.flush();
  }
}

/**
 * Writes what TensorBoard shows, while training: in `train/` and `validation/` of `logDir` the losses and metrics of
 * each epoch (`epoch_loss`, steps count epochs from 0) with the learning rate, those of batches (`batch_loss`),
 * evaluations (`evaluation_loss_vs_iterations`), histograms of the weights and the graph of the layers. After a crash,
 * what was written is whole. Look at it with `tensorboard --logdir logs`.
 * @throws ValueError on options out of range. While training, FileError where it cannot be written.
 * @example await model.fit(x, y, { callbacks: [tensorBoard({ logDir: "logs/adam", histogramFreq: 1 })] });
 * @see Keras 3 `callbacks.TensorBoard`.
 */
export function tensorBoard(options: TensorBoardOptions = {}): Callback {
  const {
    logDir = "logs",
    histogramFreq = 0,
    updateFreq = "epoch",
    writeGraph = true,
    writeStepsPerSecond = false,
  } = checkOptions<TensorBoardOptions>("tensorBoard", options, {
    logDir: "string or object",
    histogramFreq: "number",
    updateFreq: "string or number",
    writeGraph: "boolean",
    writeStepsPerSecond: "boolean",
  });
  if (logDir === "")
    throw valueError("tensorBoard", {
      rule: "logDir names a directory",
      expected: "a path, an address or a store",
      received: literal(logDir),
    });
  checkCount("tensorBoard", "histogramFreq", histogramFreq, 0);
  if (typeof updateFreq === "number") checkCount("tensorBoard", "updateFreq", updateFreq, 1);
  else if (updateFreq !== "epoch" && updateFreq !== "batch")
    throw valueError("tensorBoard", {
      rule: "updateFreq says how often batches are written",
      expected: '"epoch", "batch" or an integer ≥ 1',
      received: literal(updateFreq),
    });
  return new TensorBoard({ logDir, histogramFreq, updateFreq, writeGraph, writeStepsPerSecond });
}

/** Histograms of 30 bins, as TensorFlow writes them. Weights without a finite value have none. */
async function histogramsOf(model: Model): Promise<Summary[]> {
  return Object.entries(await getNamedWeights(model)).flatMap(([name, { data }]) => {
    const value = histogramOf(data);
    return value ? [{ tag: `${name}/histogram`, value }] : [];
  });
}

function histogramOf(data: ArrayLike<number>): Histogram | undefined {
  const { low, high, counts, mean, deviation, finite } = distributionOf(data, 30);
  if (finite === 0) return undefined;
  const limits = counts.map((_, index) => low + ((high - low) * (index + 1)) / counts.length);
  return {
    min: low,
    max: high,
    count: finite,
    sum: mean * finite,
    sumOfSquares: (deviation * deviation + mean * mean) * finite,
    limits,
    counts,
  };
}

/** A node for each input and for each use of a layer. */
function nodesOf(model: Model): GraphNode[] {
  const names = new Map<SymbolicTensor, string>();
  const taken = new Set<string>();
  const unique = (wanted: string) => {
    const name = freeName(nodeName(wanted), (name) => taken.has(name));
    taken.add(name);
    return name;
  };
  const nodes = model.inputs.map((tensor): GraphNode => {
    const name = unique(model.nameOf(tensor));
    names.set(tensor, name);
    return { name, op: "Input", inputs: [] };
  });
  for (const { layer, inputs, outputs } of findApplications(model.label, model.inputs, model.outputs)) {
    const name = unique(model.nameOf(layer));
    outputs.forEach((output, index) => {
      names.set(output, index === 0 ? name : `${name}:${index}`);
    });
    nodes.push({ name, op: layer.kind, inputs: inputs.map((tensor) => names.get(tensor) as string) });
  }
  return nodes;
}

/** TensorBoard allows letters, digits and some signs in names of nodes. */
const nodeName = (name: string): string => name.replaceAll(/[^\w.\-/]/g, "_").replace(/^[^A-Za-z0-9.]/, ".$&");

import { isHostArray, sliceRows } from "../data/array.ts";
import type { Dataset } from "../data/dataset.ts";
import { epochsOf, sizeOfStream } from "../data/epochs.ts";
import { checkNumber, shapeError, valueError } from "../errors.ts";
import { freeName } from "../names.ts";
import type { Network } from "../nn/network.ts";
import { formatShape } from "../tensor/shape.ts";
import { type ArraysGiven, type DataGiven, isPlainRecord, type Slots, toColumns } from "./arrays.ts";
import type { Columns } from "./batch.ts";
import { checkColumns, type Expectations } from "./check.ts";
import type { ClassWeight } from "./class-weight.ts";
import type { Objective } from "./objective.ts";
import { type ArrayBatches, ArraySource, type BatchSource, StreamSource } from "./source.ts";

/** One batch of a stream: a record, or a list in this order. */
export type BatchGiven = DataGiven | readonly [x: ArraysGiven, y?: ArraysGiven | null, sampleWeight?: ArraysGiven];

/** Batches from anywhere: a dataset, or anything iterable that gives batches. */
export type BatchStream = Dataset<unknown> | AsyncIterable<BatchGiven> | Iterable<BatchGiven>;

/** What data are prepared for. */
export class Preparation {
  private readonly slots: Slots;
  private readonly expectations: Expectations;

  /** @param what "fit", "evaluate" …: stands in messages. */
  constructor(
    private readonly network: Network,
    what: string,
    objective: Objective | undefined,
    checkData: boolean,
  ) {
    const label = `${what} of ${network.label}`;
    const inputs = network.inputs.map((input) => ({ name: network.nameOf(input), rank: input.shape.length }));
    this.slots = { label, inputs, outputs: outputNames(network), needsLabels: objective?.needsLabels };
    this.expectations = { label, network, losses: objective?.losses ?? [], checkData };
  }

  get label(): string {
    return this.slots.label;
  }

  /** Arrays in memory as checked columns. */
  async columns(given: DataGiven): Promise<Columns> {
    const columns = await toColumns(this.slots, given);
    checkColumns(this.expectations, columns);
    return columns;
  }

  /** Columns whose labels count as their classes do. */
  async weigh(columns: Columns, classWeight: ClassWeight | undefined): Promise<Columns> {
    if (classWeight === undefined) return columns;
    const { network, losses } = this.expectations;
    const context = { labels: losses[0]?.labels, output: network.outputs[0]?.shape ?? [] };
    return (await import("../rare.ts")).withClassWeights(this.label, classWeight, columns, context);
  }

  arraySource(columns: Columns, batches: ArrayBatches): BatchSource {
    return new ArraySource(columns, this.network.inputs, batches);
  }

  /** A stream of batches; each is checked as it comes, in every epoch: later ones may bring other data. */
  streamSource(stream: BatchStream, hasLabels: boolean, classWeight?: ClassWeight): BatchSource {
    // Known by its method: an application without datasets need not load their class.
    const [open, size] = "epoch" in stream ? [(epoch: number) => stream.epoch(epoch), stream.size] : [epochsOf<unknown>(stream), sizeOfStream(stream)];
    const batches = async function* (this: Preparation, epoch: number): AsyncGenerator<Columns> {
      for await (const batch of open(epoch)) {
        const { y, ...rest } = batchOf(this.label, batch);
        this.refuseExample(rest.x);
        const columns = await toColumns(this.slots, hasLabels ? { y, ...rest } : { x: rest.x });
        checkColumns(this.expectations, columns);
        yield await this.weigh(columns, classWeight);
      }
    };
    return new StreamSource(batches.bind(this), this.network.inputs, size);
  }

  /** A dataset that was not batched gives arrays without the first axis. */
  private refuseExample(x: ArraysGiven): void {
    const [input] = this.network.inputs;
    if (!input || !isHostArray(x) || x.shape.length !== input.shape.length - 1) return;
    // [n] may stand for [n, 1].
    if (input.shape.length === 2 && input.shape[1] === 1) return;
    throw shapeError(this.label, {
      rule: "a stream gives batches",
      expected: `x ${formatShape(input.shape)}`,
      received: formatShape(x.shape),
      advice: "Use dataset.batch(32).",
    });
  }
}

/** Names of a model's outputs: those of the layers that give them. Where one layer gives several, `name`, `name_1`, … */
export function outputNames(network: Network): string[] {
  const names: string[] = [];
  for (const [index, { name, layer }] of network.outputs.entries()) {
    names.push(freeName(name ?? layer?.name ?? `output_${index}`, (taken) => names.includes(taken)));
  }
  return names;
}

/** Whether data come as batches rather than as arrays. */
export function isStream(data: unknown): data is BatchStream {
  if (typeof data !== "object" || data === null || Array.isArray(data) || ArrayBuffer.isView(data)) return false;
  return Symbol.asyncIterator in data || Symbol.iterator in data;
}

function batchOf(label: string, batch: unknown): DataGiven {
  if (Array.isArray(batch)) return { x: batch[0], y: batch[1], sampleWeight: batch[2] };
  if (isPlainRecord(batch) && "x" in batch) return batch as unknown as DataGiven;
  throw valueError(label, { rule: "a stream gives batches", expected: "{ x, y } or [x, y]", received: batch });
}

/**
 * The first floor(n·(1 − fraction)) rows to train with, the rest to validate with. Nothing is shuffled before.
 * @throws ValueError where the fraction is not in (0, 1) or one part is empty.
 */
export function splitColumns(label: string, columns: Columns, fraction: number): [Columns, Columns] {
  checkNumber(label, "validationSplit", fraction, "a number in (0, 1)", (value) => value > 0 && value < 1);
  const first = Math.floor(columns.rows * (1 - fraction));
  if (first === 0 || first === columns.rows) {
    throw valueError(label, {
      rule: "validationSplit leaves no samples on one side",
      expected: "at least one sample to train and one to validate with",
      received: `${first} and ${columns.rows - first}`,
      context: `${columns.rows} samples, validationSplit ${fraction}`,
    });
  }
  const part = (start: number, end: number): Columns => ({
    rows: end - start,
    x: columns.x.map((array) => sliceRows(array, start, end)),
    y: columns.y.map((array) => array && sliceRows(array, start, end)),
    weights: columns.weights.map((array) => array && sliceRows(array, start, end)),
  });
  return [part(0, first), part(first, columns.rows)];
}

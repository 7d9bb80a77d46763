// Events of TensorBoard, and the records that its files consist of.
import { Message } from "../onnx/message.ts";
import { crc32c } from "./crc32c.ts";

/** How values are distributed: `counts[i]` of them are below `limits[i]` and not below the limit before it. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  readonly limits: readonly number[];
  readonly counts: readonly number[];
}

/** What is logged under a tag: a number or a histogram. */
export interface Summary {
  readonly tag: string;
  readonly value: number | Histogram;
}

/** A node of the graph that TensorBoard draws, and the names of those that feed it. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
}

/** A record of a file: length, its checksum, content, its checksum. @see TensorFlow, core/lib/io/record_writer.h. */
export function record(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const framed = new Uint8Array(content.length + 16);
  const view = new DataView(framed.buffer);
  view.setUint32(0, content.length, true);
  view.setUint32(8, masked(crc32c(framed.subarray(0, 8))), true);
  framed.set(content, 12);
  view.setUint32(12 + content.length, masked(crc32c(content)), true);
  return framed;
}

/** Checksums of data that hold checksums are weak, so the format changes them. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** Fields of `Event`. @see tensorboard/compat/proto/event.proto. */
const event = (time: number): Message => new Message().double(1, time / 1000);

/** The first record of each file. @param time in milliseconds, as of `Date.now`. */
export const versionRecord = (time: number): Uint8Array => record(event(time).text(3, "brain.Event:2").finish());

/** Values of one step. @see tensorboard/compat/proto/summary.proto. */
export function summaryRecord(time: number, step: number, summaries: readonly Summary[]): Uint8Array {
  const all = new Message();
  for (const { tag, value } of summaries) {
    const one = new Message().text(1, tag);
    if (typeof value === "number") one.float(2, value);
    else one.message(5, histogramMessage(value));
    all.message(1, one);
  }
  return record(event(time).int(2, step).message(5, all).finish());
}

const doubles = (values: readonly number[]): Uint8Array => new Uint8Array(Float64Array.from(values).buffer);

/** @see tensorboard/compat/proto/histogram.proto. */
function histogramMessage({ min, max, count, sum, sumOfSquares, limits, counts }: Histogram): Message {
  const message = new Message();
  [min, max, count, sum, sumOfSquares].forEach((value, index) => {
    message.double(index + 1, value);
  });
  return message.bytes(6, doubles(limits)).bytes(7, doubles(counts));
}

/** A graph. @see tensorboard/compat/proto/graph.proto, node_def.proto, versions.proto. */
export function graphRecord(time: number, nodes: readonly GraphNode[]): Uint8Array {
  const graph = new Message();
  for (const { name, op, inputs } of nodes) {
    const node = new Message().text(1, name).text(2, op);
    for (const input of inputs) node.text(3, input);
    graph.message(1, node);
  }
  graph.message(4, new Message().int(1, 1));
  return record(event(time).bytes(4, graph.finish()).finish());
}

// Data sets that stay on the device: rows of an array, and the dispatch that copies a batch of them to an input. Loaded
// for the first one.
import { stateError, valueError } from "../../errors.ts";
import type { DType, NumericArray } from "../../ir/dtype.ts";
import type { KeptRows } from "../backend.ts";
import type { WebGpuBackend } from "./backend.ts";
import type { Device } from "./device.ts";
import { deviceError, guarded, owner, type Report } from "./errors.ts";
import { usage } from "./flags.ts";
import { pipelinesOf, recordBytes } from "./pipelines.ts";
import { groupSize, shaderText } from "./shader.ts";

/** What is kept. */
interface Given {
  readonly data: NumericArray;
  /** Values of a row. */
  readonly width: number;
  /** Of the inputs that take rows. */
  readonly dtype: DType;
}

/** An input of a program: where it begins in the arena, in bytes, and how many values it has. */
interface Place {
  readonly offset: number;
  readonly size: number;
  readonly dtype: DType;
}

/** A batch that the next run takes. */
export interface Taking {
  encode(pass: GPUComputePassEncoder): void;
}

/** Bytes that are handed over at once: drivers keep a copy until the device has them. */
const chunkBytes = 2 ** 24;

/**
 * Puts rows on the device. Undefined where all that is kept would be more than half of the largest buffer of the
 * device, or where the device has no room.
 */
export async function keepRows(
  backend: WebGpuBackend,
  kept: Set<GpuRows>,
  { mostBytes, facts }: Device,
  given: Given,
): Promise<GpuRows | undefined> {
  const { device } = backend;
  const { data, dtype } = given;
  // Bytes stay bytes: a quarter of the memory.
  const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  const size = isBytes ? Math.ceil(data.length / 4) * 4 : data.length * 4;
  const taken = [...kept].reduce((sum, { bytes }) => sum + bytes, 0);
  if (size === 0 || taken + size > mostBytes / 2) return undefined;
  const pipeline = await pipelinesOf(device)
    .pipeline(gatherCode(isBytes, dtype))
    .catch(async (failure: Report) => {
      throw await deviceError({ what: "a shader", context: "of rows that stay on the device" }, failure);
    });
  const { value: buffer, report } = guarded(device, () =>
    device.createBuffer({ label: "aretejs rows", size, usage: usage.storage | usage.copyTarget }),
  );
  const rows = new GpuRows(backend, kept, buffer, given, pipeline, facts);
  try {
    if (!(await report)) {
      await rows.fill(isBytes ? Uint8Array : dtype === "int32" ? Int32Array : Float32Array);
      return rows;
    }
  } catch (error) {
    rows.free();
    throw error;
  }
  rows.free();
  return undefined;
}

/**
 * The shader that copies a batch: the rows are bound in place of the variables, the row numbers in place of the
 * constants, behind the record. Of that the words are where the input begins, the rows, and the values of a row. Along
 * x the workgroups share the rows, along y the values of each.
 */
function gatherCode(isBytes: boolean, dtype: DType): string {
  const byte = "(heap[at >> 2u] >> (8u * (at & 3u))) & 255u";
  const value = !isBytes ? "heap[at]" : dtype === "int32" ? byte : `bitcast<u32>(f32(${byte}))`;
  const [base, count, width] = [0, 1, 2].map((word) => `prm[0][${word}]`);
  return shaderText(
    `@compute @workgroup_size(${groupSize}) fn main(
  @builtin(workgroup_id) w: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) l: u32,
) {
for (var row = w.x; row < ${count}; row += groups.x) {
  let first = constants[${recordWords}u + row] * ${width};
  let to = ${base} + row * ${width};
  for (var i = w.y * threads + l; i < ${width}; i += groups.y * threads) {
    let at = first + i;
    arena[to + i] = ${value};
  }
}
}`,
  );
}

/** Rows of an array on the device. */
export class GpuRows implements KeptRows {
  isFreed = false;
  /** For each input that takes rows. */
  private readonly takings = new Map<Place, GatherTaking>();

  constructor(
    readonly backend: WebGpuBackend,
    private readonly kept: Set<GpuRows>,
    readonly buffer: GPUBuffer,
    private readonly given: Given,
    readonly pipeline: GPUComputePipeline,
    private readonly facts: Device["facts"],
  ) {
    kept.add(this);
  }

  get bytes(): number {
    return this.buffer.size;
  }

  /** Hands the values over, piece by piece. @param Target what the device has them as. */
  async fill(Target: typeof Float32Array | typeof Int32Array | typeof Uint8Array): Promise<void> {
    const { backend, buffer } = this;
    const { data } = this.given;
    const most = chunkBytes / Target.BYTES_PER_ELEMENT;
    const values = data.length * Target.BYTES_PER_ELEMENT === buffer.size && data instanceof Target ? data : undefined;
    for (let from = 0; from < data.length && !this.isFreed; from += most) {
      const end = Math.min(from + most, data.length);
      let piece = values?.subarray(from, end);
      if (!piece) {
        // Writes are of whole words.
        piece = new Target(Math.ceil((end - from) / 4) * 4).subarray(0, Target === Uint8Array ? undefined : end - from);
        for (let i = from; i < end; i++) piece[i - from] = data[i] as number;
      }
      backend.handOver(
        () => ({ what: "keeping rows", context: `${data.length} values` }),
        ({ queue }) => queue.writeBuffer(buffer, from * Target.BYTES_PER_ELEMENT, piece as Float32Array<ArrayBuffer>),
      );
      await backend.settled();
    }
  }

  /** The batch of these rows for an input; undefined where they cannot be taken. */
  takingOf(place: Place, order: Int32Array | undefined, start: number, count: number): Taking | undefined {
    const { width, dtype } = this.given;
    if (this.isFreed || place.dtype !== dtype) return undefined;
    if (count * width !== place.size) {
      throw valueError(owner, {
        rule: "an input takes rows as a whole",
        expected: `${place.size} values`,
        received: `${count} rows of ${width}`,
      });
    }
    let taking = this.takings.get(place);
    if (!taking) {
      const { maxGroups, isSoftware } = this.facts;
      // Few workgroups on a CPU, where starting one takes longer than copying a row of an image.
      const perRow = isSoftware ? 1 : Math.min(Math.ceil(width / (4 * groupSize)), 64);
      const groups = [Math.min(count, maxGroups), perRow] as const;
      taking = new GatherTaking(this, [place.offset / 4, count, width], groups);
      this.takings.set(place, taking);
    }
    taking.choose(order, start);
    return taking;
  }

  free(): void {
    if (this.isFreed) return;
    this.isFreed = true;
    this.kept.delete(this);
    this.buffer.destroy();
    for (const taking of this.takings.values()) taking.buffer.destroy();
  }
}

const recordWords = recordBytes / 4;

/** Copies rows to one input. Their numbers are handed over with each run. */
class GatherTaking implements Taking {
  readonly buffer: GPUBuffer;
  /** The record, then the row numbers. */
  private readonly words: Uint32Array<ArrayBuffer>;
  private group: GPUBindGroup | undefined;
  /** The arena that the group binds. */
  private arena: GPUBuffer | undefined;

  constructor(
    private readonly rows: GpuRows,
    record: readonly [offset: number, count: number, width: number],
    private readonly groups: readonly [number, number],
  ) {
    this.words = new Uint32Array(recordWords + record[1]);
    this.words.set(record);
    const { value } = guarded(rows.backend.device, () =>
      rows.backend.device.createBuffer({
        label: "aretejs row numbers",
        size: this.words.byteLength,
        usage: usage.storage | usage.uniform | usage.copyTarget,
      }),
    );
    this.buffer = value;
  }

  /** The rows of the next run. */
  choose(order: Int32Array | undefined, start: number): void {
    const { words } = this;
    for (let i = recordWords, row = start; i < words.length; i++, row++)
      words[i] = order ? (order[row] as number) : row;
  }

  encode(pass: GPUComputePassEncoder): void {
    const { rows, groups } = this;
    const { backend } = rows;
    if (rows.isFreed) {
      throw stateError(owner, {
        rule: "a program runs while the rows that it takes are there",
        expected: "rows in use",
        received: "freed ones",
      });
    }
    backend.device.queue.writeBuffer(this.buffer, 0, this.words);
    if (this.arena !== backend.arenaBuffer) {
      this.arena = backend.arenaBuffer;
      this.group = backend.bind(this.buffer, 0, rows.buffer);
    }
    pass.setPipeline(rows.pipeline);
    pass.setBindGroup(0, this.group, [0]);
    pass.dispatchWorkgroups(...groups);
  }
}

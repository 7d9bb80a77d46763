// Reading from the GPU: copies to buffers that the host can map.
import { deviceError, guarded } from "./errors.ts";
import { mapForReading, usage } from "./flags.ts";
import { alignUp } from "./heap.ts";

/** Bytes of a buffer that are copied to the host. */
export interface Range {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/** Most bytes of buffers that are kept for the next read. */
const mostKept = 2 ** 24;

/** Buffers for reads; a few are kept and used again. */
export class Staging {
  private kept: GPUBuffer[] = [];
  private isDestroyed = false;

  constructor(private readonly device: GPUDevice) {}

  /** The bytes of these ranges as they are now in the order of the queue, side by side. */
  async read(ranges: readonly Range[]): Promise<ArrayBuffer> {
    const bytes = ranges.reduce((sum, range) => sum + range.bytes, 0);
    if (bytes === 0) return new ArrayBuffer(0);
    const { value: staging, report } = guarded(this.device, () => {
      const buffer = this.take(bytes);
      const encoder = this.device.createCommandEncoder();
      let at = 0;
      for (const range of ranges) {
        if (range.bytes > 0) encoder.copyBufferToBuffer(range.buffer, range.offset, buffer, at, range.bytes);
        at += range.bytes;
      }
      this.device.queue.submit([encoder.finish()]);
      return buffer;
    });
    const mapped = staging.mapAsync(mapForReading, 0, bytes).then(
      () => true,
      () => false,
    );
    const failure = await report;
    if (!(await mapped) || failure) {
      staging.destroy();
      throw await deviceError(
        { what: "a read", context: `${bytes} bytes` },
        failure ?? { message: "the copy could not be mapped", isShortage: false },
      );
    }
    const copy = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    this.give(staging);
    return copy;
  }

  /** Destroys the buffers that are kept. Whether there were any. */
  trim(): boolean {
    const { kept } = this;
    this.kept = [];
    for (const buffer of kept) buffer.destroy();
    return kept.length > 0;
  }

  destroy(): void {
    this.isDestroyed = true;
    this.trim();
  }

  private take(bytes: number): GPUBuffer {
    const index = this.kept.findIndex(({ size }) => size >= bytes && size <= 4 * alignUp(bytes));
    const [found] = index < 0 ? [] : this.kept.splice(index, 1);
    return (
      found ??
      this.device.createBuffer({
        label: "aretejs read",
        size: alignUp(bytes),
        usage: usage.mapRead | usage.copyTarget,
      })
    );
  }

  private give(buffer: GPUBuffer): void {
    const total = this.kept.reduce((sum, { size }) => sum + size, buffer.size);
    if (this.isDestroyed || total > mostKept) buffer.destroy();
    else this.kept.push(buffer);
  }
}

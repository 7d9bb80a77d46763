// GPU buffers that grow: the arena and the buffer of all variables.
import { guarded, outOfMemory } from "./errors.ts";
import { usage } from "./flags.ts";
import { alignUp } from "./heap.ts";

/**
 * A buffer that is replaced by a larger one where it is too small. Devices say later that they had no memory, so the
 * new buffer takes the place of the old one only when it is known to be there: until then, and where there is no room,
 * all goes on with the old one.
 */
export class GrowingBuffer {
  buffer: GPUBuffer;
  /** Changes of the size that are under way: one at a time. */
  private change: Promise<unknown> = Promise.resolve();
  private isDestroyed = false;

  /**
   * @param what is named in errors.
   * @param most bytes that a buffer may have.
   * @param onMove called in the tick in which `buffer` changes.
   */
  constructor(
    private readonly device: GPUDevice,
    private readonly what: string,
    private readonly most: number,
    private readonly onMove: () => void,
  ) {
    this.buffer = device.createBuffer(descriptorOf(what, alignUp(1)));
  }

  get bytes(): number {
    return this.buffer.size;
  }

  /** Throws where so many bytes are beyond the device's limits. */
  check(bytes: number): void {
    if (!(alignUp(bytes) <= this.most)) throw outOfMemory(this.what, bytes, this.most);
  }

  /**
   * Fulfilled when the buffer has at least so many bytes, with its contents kept; undefined where it has them now.
   * Rejects where there is no room; then nothing has changed.
   */
  ensure(bytes: number): Promise<void> | undefined {
    this.check(bytes);
    return bytes <= this.bytes ? undefined : this.enqueue(() => this.grow(alignUp(bytes)));
  }

  /** Begins to give back what lies beyond what is needed, when it is much. Says whether there is anything. */
  shrink(needed: () => number): boolean {
    const size = alignUp(Math.max(needed(), 1));
    if (size > this.bytes / 2) return false;
    // Where there is not even room for the smaller one, all stays as it is.
    this.enqueue(() => this.replace(size, needed)).catch(() => {});
    return true;
  }

  destroy(): void {
    this.isDestroyed = true;
    this.buffer.destroy();
  }

  private enqueue(act: () => Promise<unknown>): Promise<void> {
    const turn = this.change.then(async () => {
      await act();
    });
    this.change = turn.catch(() => {});
    return turn;
  }

  /** Half as much again as there was, so that growing stays rare; where that is too much, what is needed. */
  private async grow(needed: number): Promise<void> {
    if (needed <= this.bytes) return;
    const generous = Math.min(alignUp(this.bytes * 1.5), this.most);
    for (const size of new Set([Math.max(needed, generous), needed])) if (await this.replace(size)) return;
    throw outOfMemory(this.what, needed, this.most);
  }

  /** @param needed bytes that must fit when the new buffer is there. */
  private async replace(size: number, needed = () => 0): Promise<boolean> {
    const { device } = this;
    const { value: next, report } = guarded(device, () => device.createBuffer(descriptorOf(this.what, size)));
    if ((await report) || this.isDestroyed || needed() > size) {
      next.destroy();
      return this.isDestroyed;
    }
    const old = this.buffer;
    // Both buffers are there, so nothing of this fails.
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(old, 0, next, 0, Math.min(old.size, size));
    device.queue.submit([encoder.finish()]);
    old.destroy();
    this.buffer = next;
    this.onMove();
    return true;
  }
}

const descriptorOf = (what: string, size: number): GPUBufferDescriptor => ({
  label: `aretejs ${what}`,
  size,
  usage: usage.storage | usage.copySource | usage.copyTarget,
});

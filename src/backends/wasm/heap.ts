import { message, OutOfMemoryError, valueError } from "../../errors.ts";
import { formatBytes } from "../../format.ts";

/** What a piece of memory is for: named in out-of-memory errors. */
export type Purpose = "variables" | "arena" | "scratch" | "constants" | "programs";

/** A piece of memory; `address` and `bytes` change when it grows. */
export interface Block {
  address: number;
  bytes: number;
  readonly purpose: Purpose;
}

interface Gap {
  address: number;
  bytes: number;
}

const pageBytes = 65536;
const alignment = 64;
/** What 32-bit addresses reach. */
const addressable = 65536 * pageBytes;
/** Where not even this can be reserved something else is wrong. */
const minReservation = 2 ** 27;

/**
 * The linear memory: the one place that divides it, grows it, and holds views of it. Blocks are 64-byte aligned and
 * come from a list of gaps kept in order of address.
 */
export class Heap {
  readonly memory: WebAssembly.Memory;
  /** Views of the whole memory. They are replaced when it grows, so do not keep them. */
  floats: Float32Array;
  ints: Int32Array;
  private readonly limit: number;
  private gaps: Gap[] = [];
  private used: Record<Purpose, number> = { variables: 0, arena: 0, scratch: 0, constants: 0, programs: 0 };
  private end = 0;

  /**
   * @param maximumBytes the most that the memory may grow to; default: what addresses reach.
   * @param shared whether threads share it. It is reserved whole, and where that is too much, half of it is tried, and
   * so on.
   * @throws ValueError unless maximumBytes is a number that has room for a page.
   */
  constructor(maximumBytes = addressable, shared = false) {
    if (typeof maximumBytes !== "number" || !(maximumBytes >= pageBytes)) {
      throw valueError("wasm backend", {
        rule: "maximumBytes must be a number of bytes",
        expected: `a number ≥ ${pageBytes}`,
        received: maximumBytes,
      });
    }
    let limit = Math.min(addressable, Math.floor(maximumBytes / pageBytes) * pageBytes);
    let memory: WebAssembly.Memory | undefined;
    while (!memory) {
      try {
        memory = new WebAssembly.Memory(shared ? { initial: 1, maximum: limit / pageBytes, shared } : { initial: 1 });
      } catch (error) {
        if (!shared || limit < minReservation) throw error;
        limit = Math.floor(limit / pageBytes / 2) * pageBytes;
      }
    }
    this.limit = limit;
    this.memory = memory;
    this.floats = new Float32Array(this.memory.buffer);
    this.ints = new Int32Array(this.memory.buffer);
  }

  /** Hands the memory from `address` on to the heap; called once, when the module has said where its own data end. */
  open(address: number): void {
    this.end = this.memory.buffer.byteLength;
    const start = alignUp(address);
    this.gaps.push({ address: start, bytes: this.end - start });
  }

  /** Bytes of linear memory. */
  get bytes(): number {
    return this.end;
  }

  /** A new block of at least one byte; its contents are whatever was there. Where it throws, nothing has changed. */
  allocate(bytes: number, purpose: Purpose): Block {
    const size = alignUp(Math.max(bytes, 1));
    let gap = this.gaps.find((gap) => gap.bytes >= size);
    if (!gap) {
      const last = this.gaps.at(-1);
      if (!this.tryGrow(size - (last && last.address + last.bytes === this.end ? last.bytes : 0)))
        throw this.outOfMemory(size, purpose);
      gap = this.gaps.at(-1) as Gap;
    }
    const block: Block = { address: gap.address, bytes: size, purpose };
    this.take(gap, size);
    this.used[purpose] += size;
    return block;
  }

  free(block: Block): void {
    this.used[block.purpose] -= block.bytes;
    const next = this.gaps.findIndex((gap) => gap.address > block.address);
    const index = next < 0 ? this.gaps.length : next;
    this.gaps.splice(index, 0, { address: block.address, bytes: block.bytes });
    this.merge(index);
    this.merge(index - 1);
  }

  /**
   * Makes a block at least `bytes` long, keeping its contents. Whether it had to move. Where it throws, nothing has
   * changed.
   */
  enlarge(block: Block, bytes: number): boolean {
    const size = alignUp(bytes);
    const more = size - block.bytes;
    if (more <= 0) return false;
    const after = block.address + block.bytes;
    const gap = this.gaps.find((gap) => gap.address === after);
    const missing = more - (gap?.bytes ?? 0);
    // At the end of the memory it is enough to grow by what is missing; where that fails, there may be a gap for the
    // whole.
    if (missing > 0 && after + (gap?.bytes ?? 0) === this.end) this.tryGrow(missing);
    const room = this.gaps.find((gap) => gap.address === after);
    if (room && room.bytes >= more) {
      this.take(room, more);
      this.used[block.purpose] += more;
      block.bytes = size;
      return false;
    }
    const moved = this.allocate(size, block.purpose);
    this.ints.copyWithin(moved.address / 4, block.address / 4, after / 4);
    this.free({ ...block });
    Object.assign(block, moved);
    return true;
  }

  /** Gives back what a block has beyond `bytes`. Whether there was any. */
  shrink(block: Block, bytes: number): boolean {
    const size = alignUp(Math.max(bytes, 1));
    if (size >= block.bytes) return false;
    this.free({ ...block, address: block.address + size, bytes: block.bytes - size });
    block.bytes = size;
    return true;
  }

  /**
   * Runs `act`, which may allocate, and enlarge `blocks`. Where it throws, all of that is taken back, but that the
   * memory may have grown. A block that had moved has its contents back, too, unless `act` has written where it was.
   */
  attempt<T>(blocks: readonly Block[], act: () => T): T {
    const { end } = this;
    const gaps = this.gaps.map((gap) => ({ ...gap }));
    const used = { ...this.used };
    const before = blocks.map((block) => ({ ...block }));
    try {
      return act();
    } catch (error) {
      this.gaps = gaps;
      if (this.end > end) this.addGap(end);
      this.used = used;
      blocks.forEach((block, index) => {
        Object.assign(block, before[index]);
      });
      throw error;
    }
  }

  private take(gap: Gap, bytes: number): void {
    gap.address += bytes;
    gap.bytes -= bytes;
    if (gap.bytes === 0) this.gaps.splice(this.gaps.indexOf(gap), 1);
  }

  /** Joins gap `index` with the next one where they touch. */
  private merge(index: number): void {
    const gap = this.gaps[index];
    const next = this.gaps[index + 1];
    if (!gap || !next || gap.address + gap.bytes !== next.address) return;
    gap.bytes += next.bytes;
    this.gaps.splice(index + 1, 1);
  }

  /**
   * Adds at least `missing` bytes at the end, a quarter of the memory if that can be had, so that growing stays rare.
   */
  private tryGrow(missing: number): boolean {
    const least = Math.ceil(missing / pageBytes);
    const wanted = Math.min(Math.max(least, Math.ceil(this.end / pageBytes / 4)), (this.limit - this.end) / pageBytes);
    if (!this.tryAdd(Math.max(least, wanted)) && !this.tryAdd(least)) return false;
    const { buffer } = this.memory;
    this.floats = new Float32Array(buffer);
    this.ints = new Int32Array(buffer);
    const { end } = this;
    this.end = buffer.byteLength;
    this.addGap(end);
    return true;
  }

  /** The memory from `address` to the end is free. */
  private addGap(address: number): void {
    this.gaps.push({ address, bytes: this.end - address });
    this.merge(this.gaps.length - 2);
  }

  private tryAdd(pages: number): boolean {
    // Not for NaN, either.
    if (!(this.end + pages * pageBytes <= this.limit)) return false;
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }

  private outOfMemory(asked: number, purpose: Purpose): OutOfMemoryError {
    const holders = Object.entries(this.used).map(([holder, bytes]) => `${holder} hold ${formatBytes(bytes)}`);
    return new OutOfMemoryError(
      message("wasm backend", {
        rule: `out of memory for ${purpose}`,
        expected: `at most ${formatBytes(Math.max(0, this.limit - this.end) + this.gaps.reduce((most, gap) => Math.max(most, gap.bytes), 0))}`,
        received: `a request for ${formatBytes(asked)}`,
        context: `of ${formatBytes(this.limit)}, ${holders.join(", ")}`,
        advice: "Use a smaller batch or model, or raise maximumBytes.",
      }),
    );
  }
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

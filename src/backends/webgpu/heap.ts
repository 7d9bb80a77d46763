// Where variables lie in the one buffer of all variables: offsets only, no memory.

/** A piece of the buffer, in bytes. */
export interface Block {
  readonly offset: number;
  readonly bytes: number;
}

/** Offsets in buffers are multiples of it. */
export const alignment = 256;

export const alignUp = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/** Hands out pieces of a buffer that grows at its end; what is freed is used again, the first piece that fits. */
export class Heap {
  /** Free pieces below the end, by offset; no two of them touch each other or the end. */
  private gaps: Block[] = [];
  /** Bytes up to the end of the last piece in use. */
  end = 0;

  allocate(bytes: number): Block {
    const size = alignUp(Math.max(bytes, 1));
    const index = this.gaps.findIndex((gap) => gap.bytes >= size);
    const gap = this.gaps[index];
    if (!gap) {
      const block = { offset: this.end, bytes: size };
      this.end += size;
      return block;
    }
    const rest = gap.bytes > size ? [{ offset: gap.offset + size, bytes: gap.bytes - size }] : [];
    this.gaps.splice(index, 1, ...rest);
    return { offset: gap.offset, bytes: size };
  }

  free({ offset, bytes }: Block): void {
    const found = this.gaps.findIndex((gap) => gap.offset > offset);
    const index = found < 0 ? this.gaps.length : found;
    const before = this.gaps[index - 1];
    const after = this.gaps[index];
    const joinsBefore = before !== undefined && before.offset + before.bytes === offset;
    const joinsAfter = after !== undefined && offset + bytes === after.offset;
    const start = joinsBefore ? before.offset : offset;
    const end = joinsAfter ? after.offset + after.bytes : offset + bytes;
    const merged = end === this.end ? [] : [{ offset: start, bytes: end - start }];
    if (merged.length === 0) this.end = start;
    this.gaps.splice(joinsBefore ? index - 1 : index, Number(joinsBefore) + Number(joinsAfter), ...merged);
  }
}

// Strings of variable length lie in global heaps of an HDF5 file.
import { Cursor, decode } from "../binary.ts";
import { damaged } from "../file-error.ts";
import type { Metadata } from "./metadata.ts";

/** Reads strings of variable length; each heap is read once. */
export class GlobalHeap {
  private readonly heaps = new Map<number, ReadonlyMap<number, Uint8Array>>();

  constructor(private readonly metadata: Metadata) {}

  /** The string that an element of 16 bytes points at: its length, the address of a heap, the index there. */
  string(element: Cursor): string {
    const [length, address, index] = element.numbers("484");
    if (length === 0) return "";
    const found = (this.heaps.get(address) ?? this.read(address)).get(index);
    const { name } = this.metadata;
    if (!found || found.length < length)
      throw damaged(name, "a string must lie in a heap", `${length} bytes`, `${found?.length ?? "no object"}`);
    this.metadata.spend(length);
    return decode(name, found.subarray(0, length)).replace(/\0+$/, "");
  }

  private read(address: number): ReadonlyMap<number, Uint8Array> {
    const { name, bytes } = this.metadata;
    const head = this.metadata.signed("GCOL", address, 16);
    const objects = new Map<number, Uint8Array>();
    const size = head.skip(4).number(8);
    // The strings themselves count when they are read.
    const heap = new Cursor(name, bytes, address, size).skip(16);
    while (heap.left >= 16) {
      this.metadata.spend(16);
      const [index, , , length] = heap.numbers("2248");
      if (index === 0) break;
      objects.set(index, heap.take(length));
      heap.skip(Math.min(heap.left, (8 - (length % 8)) % 8));
    }
    this.heaps.set(address, objects);
    return objects;
  }
}

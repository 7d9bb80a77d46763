import type { View } from "../../ir/view.ts";
import type { Rest } from "./rest.ts";

/** What records need to know of the place that they are written for. */
export interface Placement {
  /** Byte address of the first element of a view. */
  addressOf(view: View): number;
  /** Byte address of the records. */
  readonly base: number;
  /** Byte address of thread 0's scratch memory, of which each instruction uses what it needs from the start. */
  readonly scratch: number;
  readonly backend: RecordsBackend;
}

/** What records need to know of the backend. */
export interface RecordsBackend {
  /** Whether every expression goes to the interpreter. */
  readonly interpret: boolean;
  /** What the rest module adds, if it is loaded. */
  readonly rest: Rest | undefined;
  /** The most threads that run the records. */
  readonly threadLimit: number;
  /** Whether threads divide every instruction. */
  readonly eager: boolean;
}

/** Writes words of records one after the other, and adds up how much scratch memory they need. */
export class RecordWriter {
  readonly words: number[] = [];
  /** The most scratch memory that an instruction asked for, per thread. */
  scratchBytes = 0;
  private scratchUsed = 0;

  constructor(readonly placement: Placement) {}

  get interpret(): boolean {
    return this.placement.backend.interpret;
  }

  get rest(): Rest | undefined {
    return this.placement.backend.rest;
  }

  /** Byte address of the next word. */
  get address(): number {
    return this.placement.base + this.words.length * 4;
  }

  /** Byte address of the first element of a view. */
  addressOf(view: View): number {
    return this.placement.addressOf(view);
  }

  /** Appends words as they are. */
  word(...words: number[]): void {
    this.words.push(...words);
  }

  /**
   * Appends the words of a class of AssemblyScript: its fields by name, in their order (a test compares them with the
   * class). What is known only later is 0 until the result is called with it.
   */
  fields<N extends string>(values: Readonly<Record<N, number>>): (name: N, word: number) => void {
    const start = this.words.length;
    this.word(...Object.values<number>(values));
    return (name, word) => {
      this.words[start + Object.keys(values).indexOf(name)] = word;
    };
  }

  /** Appends a number in all four lanes of a vector; the writer must be aligned. */
  vector(value: number): void {
    const bits = bitsOf(value);
    this.words.push(bits, bits, bits, bits);
  }

  /** Fills up to a whole vector. */
  align(): void {
    while (this.words.length % 4 !== 0) this.words.push(0);
  }

  /**
   * The address of `bytes` of each thread's scratch memory (thread 0's), besides what the same instruction has already.
   */
  scratch(bytes: number): number {
    const address = this.placement.scratch + this.scratchUsed;
    this.scratchUsed += Math.ceil(bytes / 64) * 64;
    this.scratchBytes = Math.max(this.scratchBytes, this.scratchUsed);
    return address;
  }

  /** The next instruction may use the same scratch memory. */
  releaseScratch(): void {
    this.scratchUsed = 0;
  }
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The bits of a number as a float32. */
export function bitsOf(value: number): number {
  float[0] = value;
  return bits[0] as number;
}

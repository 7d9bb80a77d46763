import { lookUp, stateError } from "../../errors.ts";
import { type ArenaPlan, planArena } from "../../ir/arena.ts";
import type { NumericArray, TypedArray } from "../../ir/dtype.ts";
import { type Instruction, isEmpty } from "../../ir/instruction.ts";
import type { Program } from "../../ir/program.ts";
import { sizeOf } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import type { HostExecutable, InputPort } from "../backend.ts";
import { checkRange, readAll } from "../ports.ts";
import type { Needs, WasmBackend, WasmStorage } from "./backend.ts";
import { Barriers } from "./barriers.ts";
import type { Block } from "./heap.ts";
import { RecordWriter } from "./record-writer.ts";
import { Flag, writeRecord } from "./records.ts";
import { minDividedNs, workOf } from "./work.ts";

/**
 * A program in linear memory: its records, its constants, and the ports into and out of the arena. Made by the backend,
 * which frees what a failure leaves.
 */
export class WasmExecutable implements HostExecutable {
  private readonly records: Block;
  private readonly constants: Block | undefined;
  private readonly constantOffsets = new Map<number, number>();
  /** For the backend, which holds programs weakly. */
  readonly reference: WeakRef<WasmExecutable> = new WeakRef(this);
  readonly needs: Needs;
  private readonly arena: ArenaPlan;
  private readonly storages: ReadonlyMap<number, WasmStorage>;
  /** The backend's count of freed storages when this program's were last seen to be in use. */
  private frees = -1;
  private readonly inputs: Readonly<Record<string, InputPort>>;
  private readonly instructions: readonly Instruction[];
  /** Of each instruction, whether one thread does it alone. */
  private readonly alone: readonly boolean[];
  /** Nanoseconds of one thread in what threads share out. */
  private readonly work: number;
  private disposed = false;

  constructor(
    private readonly backend: WasmBackend,
    private readonly program: Program,
    storages: readonly WasmStorage[],
  ) {
    this.storages = new Map(program.variables.map((buffer, index) => [buffer, storages[index] as WasmStorage]));
    this.instructions = program.instructions.filter((instruction) => !isEmpty(instruction));
    const works = this.instructions.map(workOf);
    this.alone = works.map((work) => !backend.eager && work < minDividedNs);
    this.work = works.reduce((sum, work, index) => (this.alone[index] ? sum : sum + work), 0);
    this.constants = this.placeConstants();
    this.arena = planArena(program, { share: backend.shareArena });
    // Written once for their size; `link` writes them in their place.
    const draft = this.write(0);
    this.needs = { arenaBytes: this.arena.bytes, scratchBytes: draft.scratchBytes, sharesWork: this.work > 0 };
    backend.reserve(this.needs);
    this.records = backend.heap.allocate(draft.words.length * 4, "programs");
    this.link();
    this.inputs = mapRecord(program.inputs, (view, name) => this.inputPort(view, name));
  }

  /** What it holds of the memory. */
  get blocks(): readonly Block[] {
    return this.constants ? [this.records, this.constants] : [this.records];
  }

  run(): void {
    this.check();
    if (this.frees !== this.backend.frees) this.checkStorages();
    this.backend.execute(this.records.address, this.instructions.length, this.work, this);
  }

  input(name: string): InputPort {
    return lookUp("program", "input", this.inputs, name);
  }

  async read<Name extends string>(names: readonly Name[]): Promise<Record<Name, TypedArray>> {
    return readAll(this, names);
  }

  readSync(name: string): TypedArray {
    this.check();
    const view = lookUp("program", "output", this.program.outputs, name);
    const { floats, ints } = this.backend.heap;
    const start = this.addressOf(view) / 4;
    return (view.dtype === "int32" ? ints : floats).slice(start, start + sizeOf(view.shape));
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.backend.release(this, this);
  }

  /** Writes the records with the present addresses; called again when the arena has moved. */
  link(): void {
    const { words } = this.write(this.records.address);
    this.backend.heap.ints.set(words, this.records.address / 4);
  }

  private write(base: number): RecordWriter {
    const { backend } = this;
    const writer = new RecordWriter({
      base,
      scratch: backend.scratch.address,
      backend,
      addressOf: (view) => this.addressOf(view),
    });
    const barriers = new Barriers((view) => this.addressOf(view));
    this.instructions.forEach((instruction, index) => {
      const alone = this.alone[index] === true;
      writeRecord(instruction, (barriers.next(instruction, alone) ? Flag.waits : 0) | (alone ? Flag.alone : 0), writer);
    });
    return writer;
  }

  private addressOf({ buffer, offset }: View): number {
    const spec = this.program.buffers[buffer];
    const start =
      spec?.kind === "variable"
        ? (this.storages.get(buffer) as WasmStorage).block.address
        : spec?.kind === "constant"
          ? (this.constants as Block).address + (this.constantOffsets.get(buffer) as number)
          : this.backend.arena.address + (this.arena.offsets[buffer] as number);
    return start + offset * 4;
  }

  private placeConstants(): Block | undefined {
    let bytes = 0;
    this.program.buffers.forEach(({ kind, size }, buffer) => {
      if (kind !== "constant") return;
      this.constantOffsets.set(buffer, bytes);
      bytes += Math.ceil(size / 16) * 64;
    });
    if (this.constantOffsets.size === 0) return undefined;
    const { heap } = this.backend;
    const block = heap.allocate(bytes, "constants");
    for (const [buffer, offset] of this.constantOffsets) {
      const { data, dtype } = this.program.buffers[buffer] as Program["buffers"][number];
      if (data) (dtype === "int32" ? heap.ints : heap.floats).set(data, (block.address + offset) / 4);
    }
    return block;
  }

  private inputPort(view: View, name: string): InputPort {
    const size = sizeOf(view.shape);
    const { dtype } = view;
    return {
      size,
      dtype,
      write: (source: NumericArray, sourceOffset = 0, length = size, targetOffset = 0) => {
        this.check();
        checkRange(name, "target", size, targetOffset, length);
        checkRange(name, "source", source.length, sourceOffset, length);
        const { heap } = this.backend;
        const target = dtype === "int32" ? heap.ints : heap.floats;
        const start = this.addressOf(view) / 4 + targetOffset;
        if (length === source.length && length > 32) target.set(source, start);
        // A view of a long part is worth its hundred bytes; short parts come in numbers, and a loop makes nothing.
        else if (length > 256 && ArrayBuffer.isView(source))
          target.set(source.subarray(sourceOffset, sourceOffset + length), start);
        else copyPart(target, start, source, sourceOffset, length);
      },
    };
  }

  /** Throws where a variable has moved to another backend or is gone: its memory may be another's now. */
  private checkStorages(): void {
    for (const { freed } of this.storages.values()) {
      if (!freed) continue;
      throw stateError("wasm backend", {
        rule: "a program runs while its variables stay where they are",
        expected: "storages in use",
        received: "a freed one",
      });
    }
    this.frees = this.backend.frees;
  }

  private check(): void {
    if (!this.disposed) return;
    throw stateError("wasm backend", {
      rule: "a disposed program cannot be used",
      expected: "a loaded program",
      received: "one that was disposed of",
    });
  }
}

/**
 * Copies a short part. The loop for floats is by itself, since one that has seen many types of arrays is several times
 * slower.
 */
function copyPart(target: TypedArray, start: number, source: NumericArray, offset: number, length: number): void {
  if (target instanceof Float32Array && source instanceof Float32Array)
    copyFloats(target, start, source, offset, length);
  else for (let i = 0; i < length; i++) target[start + i] = source[offset + i] as number;
}

function copyFloats(target: Float32Array, start: number, source: Float32Array, offset: number, length: number): void {
  for (let i = 0; i < length; i++) target[start + i] = source[offset + i] as number;
}

function mapRecord<A, B>(record: Readonly<Record<string, A>>, f: (value: A, name: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value, name)]));
}

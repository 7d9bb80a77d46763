// The WebGPU backend: storages, loading, reading, and what the device reports.
import { stateError, valueError } from "../../errors.ts";
import type { DType, NumericArray, TypedArray } from "../../ir/dtype.ts";
import type { Limits } from "../../ir/limits.ts";
import type { Program } from "../../ir/program.ts";
import type { Backend, Storage, StorageSpec } from "../backend.ts";
import { bindStorages } from "../storages.ts";
import type { Device } from "./device.ts";
import { deviceError, endError, guarded, outOfMemory, owner, type Report, type Work } from "./errors.ts";
import { type Command, WebGpuExecutable } from "./executable.ts";
import { usage } from "./flags.ts";
import { GrowingBuffer } from "./growing-buffer.ts";
import { type Block, Heap } from "./heap.ts";
import type { GpuRows } from "./kept-rows.ts";
import { loadKernels } from "./kernels/index.ts";
import { type Pipelines, pipelinesOf, recordBytes } from "./pipelines.ts";
import { type Layout, type Plan, planProgram } from "./plan.ts";
import type { Place } from "./shader.ts";
import { type Range, Staging } from "./staging.ts";

/** A variable's memory: a piece of the heap. */
export interface GpuStorage extends Storage {
  readonly block: Block;
  isFreed: boolean;
  /** The last values written, while the heap has not grown so far that it holds them. */
  held: TypedArray | undefined;
}

/** Where values begin in a GPU buffer, and what they are. */
interface Values extends Place {
  readonly size: number;
  readonly dtype: DType;
}

/** Runs programs on a GPU. */
export class WebGpuBackend implements Backend {
  readonly name = "webgpu";
  readonly limits: Partial<Limits>;
  readonly lost: Promise<string>;
  readonly device: GPUDevice;
  disposed = false;
  private readonly heap = new Heap();
  private readonly heapBuffer: GrowingBuffer;
  private readonly arena: GrowingBuffer;
  private readonly staging: Staging;
  private readonly pipelines: Pipelines;
  private readonly executables = new Set<WebGpuExecutable>();
  /** Of programs that are loaded or being loaded. */
  private readonly layouts = new Set<Layout>();
  private readonly keptRows = new Set<GpuRows>();
  /** Storages that lie beyond the end of the heap's buffer: their values are on the host. */
  private readonly unplaced = new Set<GpuStorage>();
  /** Why the device was lost. */
  private reason: string | undefined;
  /** What the device has reported and no call has passed on. */
  private failure: Error | undefined;
  /** Fulfilled when the device has reported on all that was handed over. */
  private reports: Promise<void> = Promise.resolve();

  constructor(private readonly own: Device) {
    const { device, mostBytes } = own;
    this.device = device;
    this.limits = { bufferBytes: mostBytes, operands: recordBytes / 4 - 2 };
    const unlink = () => {
      for (const executable of this.executables) executable.unlink();
    };
    this.arena = new GrowingBuffer(device, "the arena", mostBytes, unlink);
    this.heapBuffer = new GrowingBuffer(device, "variables", mostBytes, () => {
      unlink();
      this.placeHeld();
    });
    this.staging = new Staging(device);
    this.pipelines = pipelinesOf(device);
    this.lost = new Promise((resolve) => {
      void device.lost.then(({ reason, message }) => {
        if (this.disposed) return;
        this.reason = `${reason}: ${message}`;
        resolve(this.reason);
      });
    });
  }

  async load(program: Program, storages: readonly Storage[]): Promise<WebGpuExecutable> {
    this.check();
    const bound = bindStorages(owner, program, storages, (storage) => this.storageOf(storage));
    const kernels = await loadKernels(program.instructions, this.own.facts);
    this.check();
    const plan = planProgram(
      program,
      bound.map(({ block }) => block.offset),
      this.own.facts,
      kernels,
    );
    const { layout } = plan;
    this.arena.check(layout.arenaBytes);
    this.layouts.add(layout);
    const commands = this.compile(program, plan);
    const own = this.programBuffer(plan);
    const parts = [commands, own, this.arena.ensure(layout.arenaBytes), this.heapBuffer.ensure(this.heap.end)] as const;
    // All are waited for, also where one fails.
    await Promise.allSettled(parts);
    try {
      this.check();
      await Promise.all(parts);
      const executable = new WebGpuExecutable(this, program, bound, layout, await commands, await own);
      this.executables.add(executable);
      return executable;
    } catch (error) {
      this.layouts.delete(layout);
      void own.then(
        (buffer) => buffer.destroy(),
        () => {},
      );
      throw error;
    }
  }

  allocate({ size, dtype }: StorageSpec): GpuStorage {
    this.check();
    this.heapBuffer.check(size * 4);
    const block = this.heap.allocate(size * 4);
    try {
      this.heapBuffer.check(this.heap.end);
    } catch (error) {
      this.heap.free(block);
      throw error;
    }
    const storage: GpuStorage = { backend: this, size, dtype, block, isFreed: false, held: undefined };
    if (this.isPlaced(storage)) this.clear(storage);
    else this.unplaced.add(storage);
    return storage;
  }

  write(storage: Storage, data: NumericArray): void {
    const own = this.storageOf(storage);
    const { size, dtype } = own;
    if (data.length !== size) {
      throw valueError(owner, {
        rule: "a variable is written as a whole",
        expected: `${size} values`,
        received: data.length,
      });
    }
    const values = arrayOf(dtype, data);
    if (this.isPlaced(own)) this.place(own, values);
    else own.held = values === data ? values.slice() : values;
  }

  async read(storage: Storage): Promise<TypedArray> {
    const own = this.storageOf(storage);
    const { size, dtype, block, held } = own;
    if (!this.isPlaced(own)) return held ? held.slice() : arrayOf(dtype, new Float32Array(size));
    return (await this.fetch([{ space: "heap", base: block.offset / 4, size, dtype }]))[0] as TypedArray;
  }

  free(storage: Storage): void {
    if (this.disposed || this.reason !== undefined) return;
    const own = this.storageOf(storage);
    own.isFreed = true;
    own.held = undefined;
    this.unplaced.delete(own);
    this.heap.free(own.block);
  }

  async settled(): Promise<void> {
    this.check();
    const { reports } = this;
    const isLost = await this.device.queue.onSubmittedWorkDone().then(
      () => false,
      () => true,
    );
    await reports;
    await this.checkEnd(isLost);
  }

  async keepRows(data: NumericArray, width: number, dtype: DType): Promise<GpuRows | undefined> {
    this.check();
    const { keepRows } = await import("./kept-rows.ts");
    return keepRows(this, this.keptRows, this.own, { data, width, dtype });
  }

  trim(): boolean {
    if (this.disposed || this.reason !== undefined) return false;
    const freed = [
      this.freeRows(),
      this.staging.trim(),
      this.arena.shrink(() => Math.max(0, ...[...this.layouts].map(({ arenaBytes }) => arenaBytes))),
      this.heapBuffer.shrink(() => this.heap.end),
    ];
    return freed.includes(true);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const executable of this.executables) executable.dispose();
    this.unplaced.clear();
    this.freeRows();
    this.staging.destroy();
    this.arena.destroy();
    this.heapBuffer.destroy();
    if (this.own.isOwned) this.device.destroy();
  }

  /** For programs: no longer loaded. */
  forget(executable: WebGpuExecutable, layout: Layout): void {
    this.executables.delete(executable);
    this.layouts.delete(layout);
  }

  /** For programs: the bind group of one whose constants and records are in `own`. */
  bind(own: GPUBuffer, recordsOffset: number, heap = this.heapBuffer.buffer): GPUBindGroup {
    return this.device.createBindGroup({
      layout: this.pipelines.bindGroupLayout,
      entries: [
        { binding: 0, resource: { buffer: this.arena.buffer } },
        { binding: 1, resource: { buffer: heap } },
        { binding: 2, resource: { buffer: own } },
        { binding: 3, resource: { buffer: own, offset: recordsOffset, size: recordBytes } },
      ],
    });
  }

  /**
   * Hands work over to the device, which says later whether it failed: that is thrown by the next call.
   * @param workOf what the work was, for the error.
   */
  handOver(workOf: () => Work, act: (device: GPUDevice) => void): void {
    const { report } = guarded(this.device, () => act(this.device));
    const before = this.reports;
    this.reports = report.then(async (failure) => {
      const error = failure && (await deviceError(workOf(), failure).catch((missing: Error) => missing));
      // Reports come in order, errors may be loaded later.
      await before;
      this.failure ??= error;
    });
  }

  /** For programs: where temporaries and inputs lie. */
  get arenaBuffer(): GPUBuffer {
    return this.arena.buffer;
  }

  /** Copies of values as they are now in the order of the queue. @param constants the buffer of constants. */
  async fetch(values: readonly Values[], constants?: GPUBuffer): Promise<TypedArray[]> {
    const bufferOf = { arena: this.arena.buffer, heap: this.heapBuffer.buffer, constants: constants as GPUBuffer };
    const ranges = values.map(({ space, base, size }) => ({
      buffer: bufferOf[space],
      offset: base * 4,
      bytes: size * 4,
    }));
    const data = await this.readRanges(ranges);
    let at = 0;
    return values.map(({ size, dtype }) => {
      const array = dtype === "int32" ? new Int32Array(data, at, size) : new Float32Array(data, at, size);
      at += size * 4;
      // Several arrays do not share their memory.
      return values.length > 1 ? array.slice() : array;
    });
  }

  /** The bytes of these ranges, side by side, as they are now in the order of the queue. */
  async readRanges(ranges: readonly Range[]): Promise<ArrayBuffer> {
    this.check();
    const { reports } = this;
    let data: ArrayBuffer;
    try {
      data = await this.staging.read(ranges);
    } catch (error) {
      await this.checkEnd(true);
      throw error;
    }
    await reports;
    await this.checkEnd();
    return data;
  }

  /** Throws where the backend cannot be used, and what the device has reported. */
  check(): void {
    if (this.disposed || this.reason !== undefined) throw endError(this.reason);
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure;
  }

  /** As {@link check}. @param mayBeLost whether something failed that a lost device would explain. */
  private async checkEnd(mayBeLost = false): Promise<void> {
    // The loss of a device may be told a little later than the end of what was under way.
    if (mayBeLost && !this.disposed)
      await Promise.race([this.lost, new Promise((resolve) => setTimeout(resolve, 100))]);
    this.check();
  }

  private compile(program: Program, { dispatches, layout }: Plan): Promise<Command[]> {
    return Promise.all(
      dispatches.map(async ({ code, groups }, index) => {
        const pipeline = await this.pipelines.pipeline(code).catch(async (report: Report) => {
          const instruction = program.instructions[layout.instructions[index] as number];
          throw await deviceError({ what: "a shader", context: "", instruction }, report);
        });
        return { pipeline, groups };
      }),
    );
  }

  /** The buffer of a program's constants and records. */
  private async programBuffer({ words }: Plan): Promise<GPUBuffer> {
    const size = words.byteLength;
    if (size > this.own.mostBytes) throw outOfMemory("constants", size, this.own.mostBytes);
    const { value: buffer, report } = guarded(this.device, () => {
      const made = this.device.createBuffer({
        label: "aretejs program",
        size,
        usage: usage.storage | usage.uniform | usage.copySource | usage.copyTarget,
      });
      this.device.queue.writeBuffer(made, 0, words);
      return made;
    });
    if (!(await report)) return buffer;
    buffer.destroy();
    throw outOfMemory("constants", size, this.own.mostBytes);
  }

  /** Whether there were any. */
  private freeRows(): boolean {
    const { size } = this.keptRows;
    for (const rows of this.keptRows) rows.free();
    return size > 0;
  }

  private isPlaced({ block }: GpuStorage): boolean {
    return block.offset + block.bytes <= this.heapBuffer.bytes;
  }

  /** The heap has grown: values that were held on the host go where they belong. */
  private placeHeld(): void {
    for (const storage of this.unplaced) {
      if (!this.isPlaced(storage)) continue;
      this.unplaced.delete(storage);
      if (storage.held) this.place(storage, storage.held);
      // What was in the buffer before came along: a storage may begin where a freed one was.
      else this.clear(storage);
      storage.held = undefined;
    }
  }

  private clear({ block, size, dtype }: GpuStorage): void {
    this.handOver(
      () => ({ what: "clearing a variable", context: `${size} of ${dtype}` }),
      (device) => {
        const encoder = device.createCommandEncoder();
        encoder.clearBuffer(this.heapBuffer.buffer, block.offset, block.bytes);
        device.queue.submit([encoder.finish()]);
      },
    );
  }

  private place({ block, size }: GpuStorage, values: TypedArray): void {
    if (size === 0) return;
    this.handOver(
      () => ({ what: "writing a variable", context: `${size} values` }),
      ({ queue }) => queue.writeBuffer(this.heapBuffer.buffer, block.offset, values as Float32Array<ArrayBuffer>),
    );
  }

  /** One of this backend's storages, in use. */
  storageOf(storage: Storage): GpuStorage {
    this.check();
    if (storage.backend !== this) {
      throw valueError(owner, {
        rule: "a storage belongs to the backend that allocated it",
        expected: this.name,
        received: storage.backend.name,
      });
    }
    const own = storage as GpuStorage;
    if (!own.isFreed) return own;
    throw stateError(owner, {
      rule: "a freed storage cannot be used",
      expected: "a storage in use",
      received: "one that was freed",
    });
  }
}

/** The values as an array of the dtype; the array itself where it is one. */
function arrayOf(dtype: DType, data: NumericArray): TypedArray {
  if (dtype === "int32") return data instanceof Int32Array ? data : Int32Array.from(data);
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

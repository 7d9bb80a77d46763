import type { Program } from "../../compiler/instruction.ts";
import { stateError, valueError } from "../../errors.ts";
import type { NumericArray, TypedArray } from "../../tensor/dtype.ts";
import type { HostBackend, Storage, StorageSpec } from "../backend.ts";
import { WasmExecutable } from "./executable.ts";
import { type Block, Heap } from "./heap.ts";
import type { Build } from "./module.ts";

/** A variable's memory; no block once freed. */
export interface WasmStorage extends Storage {
  block: Block;
  freed: boolean;
}

/** Options of {@link WasmBackend}. */
export interface WasmBackendOptions {
  /** The most bytes of linear memory. Default: what WASM can address. */
  maximumBytes?: number | undefined;
  /** Run every expression in the interpreter, also those that have a fused kernel: for tests. Default false. */
  interpret?: boolean;
  /** Room for so many threads, each of which does its share of every instruction; until there are workers, for tests. Default 1. */
  threads?: number;
}

/** What the module gives. */
export interface WasmExports {
  execute(program: number, count: number, thread: number, threads: number): void;
  heapBase(): number;
  isRelaxed(): number;
}

/** An instance of the kernels with its linear memory. Made by `wasm()`. */
export class WasmBackend implements HostBackend {
  readonly name = "wasm";
  /** Which build of the kernels runs: "simd" gives equal bits everywhere; "relaxed" is faster, and its bits depend on the CPU. */
  readonly build: Build;
  readonly heap: Heap;
  /** Temporaries and inputs of whichever program runs: as large as the largest needs. */
  readonly arena: Block;
  /** What kernels use within one instruction. */
  readonly scratch: Block;
  /** How often the host has called into WASM to run a program. */
  calls = 0;
  /** For tests. */
  readonly exports: WasmExports;
  private readonly executables = new Set<WasmExecutable>();
  private disposed = false;

  /** Whether every expression goes to the interpreter. */
  readonly interpret: boolean;
  /** Into how many shares kernels divide their work. */
  readonly threads: number;

  constructor(module: WebAssembly.Module, { maximumBytes, interpret = false, threads = 1 }: WasmBackendOptions = {}) {
    this.interpret = interpret;
    this.threads = threads;
    this.heap = new Heap(maximumBytes);
    this.exports = new WebAssembly.Instance(module, { env: { memory: this.heap.memory } }).exports as unknown as WasmExports;
    this.build = this.exports.isRelaxed() ? "relaxed" : "simd";
    this.heap.open(this.exports.heapBase());
    this.arena = this.heap.allocate(0, "arena");
    this.scratch = this.heap.allocate(0, "scratch");
  }

  load(program: Program, storages: readonly Storage[]): WasmExecutable {
    this.check();
    const executable = new WasmExecutable(this, program, this.bind(program, storages));
    this.executables.add(executable);
    return executable;
  }

  allocate({ size, dtype }: StorageSpec): WasmStorage {
    this.check();
    const block = this.heap.allocate(size * 4, "variables");
    this.heap.ints.fill(0, block.address / 4, (block.address + block.bytes) / 4);
    return { backend: this, size, dtype, block, freed: false };
  }

  write(storage: Storage, data: NumericArray): void {
    const { block, size, dtype } = this.own(storage);
    if (data.length !== size) {
      throw valueError("wasm backend", { rule: "a variable is written as a whole", expected: `${size} values`, received: data.length });
    }
    (dtype === "int32" ? this.heap.ints : this.heap.floats).set(data, block.address / 4);
  }

  readSync(storage: Storage): TypedArray {
    const { block, size, dtype } = this.own(storage);
    const start = block.address / 4;
    return (dtype === "int32" ? this.heap.ints : this.heap.floats).slice(start, start + size);
  }

  async read(storage: Storage): Promise<TypedArray> {
    return this.readSync(storage);
  }

  free(storage: Storage): void {
    if (this.disposed) return;
    const own = this.own(storage);
    own.freed = true;
    this.heap.free(own.block);
  }

  /** The memory goes when nobody holds the backend, its programs or storages any more; until then they only give errors. */
  dispose(): void {
    this.disposed = true;
    this.executables.clear();
  }

  /** For executables: room for a program. Where that moves the arena or the scratch memory, all records get the new addresses. */
  reserve(arenaBytes: number, scratchBytes: number): void {
    const arenaMoved = this.heap.enlarge(this.arena, arenaBytes);
    const scratchMoved = this.heap.enlarge(this.scratch, scratchBytes);
    if (arenaMoved || scratchMoved) for (const executable of this.executables) executable.link();
  }

  /** For executables: runs records. */
  execute(address: number, count: number): void {
    this.check();
    this.calls++;
    this.exports.execute(address, count, 0, 1);
  }

  /** For executables: this one is disposed of. */
  forget(executable: WasmExecutable): void {
    this.executables.delete(executable);
  }

  private bind({ variables, buffers }: Program, storages: readonly Storage[]): WasmStorage[] {
    if (storages.length !== variables.length) {
      throw valueError("wasm backend", { rule: "one storage per variable", expected: `${variables.length} storages`, received: storages.length });
    }
    return variables.map((buffer, index) => {
      const storage = this.own(storages[index] as Storage);
      const spec = buffers[buffer] as StorageSpec & { name?: string };
      if (storage.size === spec.size && storage.dtype === spec.dtype) return storage;
      throw valueError("wasm backend", {
        rule: "a storage must fit its variable",
        expected: `${spec.size} of ${spec.dtype}`,
        received: `${storage.size} of ${storage.dtype}`,
        context: `variable "${spec.name ?? index}"`,
      });
    });
  }

  private own(storage: Storage): WasmStorage {
    this.check();
    if (storage.backend !== this) {
      throw valueError("wasm backend", {
        rule: "a storage belongs to the backend that allocated it",
        expected: "this backend",
        received: storage.backend.name,
      });
    }
    const own = storage as WasmStorage;
    if (own.freed) throw stateError("wasm backend", { rule: "a freed storage cannot be used", expected: "a storage in use", received: "one that was freed" });
    return own;
  }

  private check(): void {
    if (!this.disposed) return;
    throw stateError("wasm backend", { rule: "a disposed backend cannot be used", expected: "a backend in use", received: "one that was disposed of" });
  }
}

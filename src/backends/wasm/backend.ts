import { stateError, valueError } from "../../errors.ts";
import { Printed } from "../../format.ts";
import type { NumericArray, TypedArray } from "../../ir/dtype.ts";
import { defaultLimits, type Limits } from "../../ir/limits.ts";
import type { Program } from "../../ir/program.ts";
import type { HostBackend, Storage, StorageSpec } from "../backend.ts";
import { bindStorages } from "../storages.ts";
import { WasmExecutable } from "./executable.ts";
import { heapBase, tableSize } from "./generated/core-slots.ts";
import { type Block, Heap } from "./heap.ts";
import { type Build, moduleOf } from "./module.ts";
import { needsRest } from "./needs-rest.ts";
import type { Rest } from "./rest.ts";
import { Runner, type WasmExports } from "./runner.ts";
import type { Spawn } from "./start-worker.ts";
import type { WorkerPool } from "./worker-pool.ts";

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
  /** The rest module, for hosts that forbid compiling. Default: the one that the package carries. */
  rest?: WebAssembly.Module | undefined;
  /** The most threads. Default 1. */
  threads?: number;
  /**
   * Starts workers, true: as the runtime does; then the module must be one for shared memory. Without, there is only
   * room for so many threads: for tests.
   */
  spawn?: Spawn | true | undefined;
  /**
   * Divide every instruction and run every program with workers, whether it is worth it or not: for tests. Default
   * false.
   */
  eager?: boolean;
  /** With false, no two buffers of a program share memory: for tests. Default true. */
  shareArena?: boolean;
}

/** What a program needs of the memory that all share. */
export interface Needs {
  readonly arenaBytes: number;
  /** Of one thread. */
  readonly scratchBytes: number;
  readonly sharesWork: boolean;
}

/** What a program holds of the memory, for when it is gone. */
interface Loaded {
  readonly reference: WeakRef<WasmExecutable>;
  readonly blocks: readonly Block[];
}

/** An instance of the kernels with its linear memory. Made by `wasm()`. */
export class WasmBackend extends Printed implements HostBackend {
  readonly name = "wasm";
  readonly limits: Limits = defaultLimits;
  /**
   * Which build of the kernels runs: "simd" gives equal bits everywhere; "relaxed" is faster, and its bits depend on
   * the CPU.
   */
  readonly build: Build;
  readonly heap: Heap;
  /** Temporaries and inputs of whichever program runs: as large as the largest needs. */
  readonly arena: Block;
  /** What kernels use within one instruction. */
  readonly scratch: Block;
  /** How often the host has called into WASM to run a program. */
  calls = 0;
  /** Of the core module. Public for tests. */
  readonly exports: WasmExports;
  /** What the rest module adds, once a program has needed it. */
  rest: Rest | undefined;
  /** Whether every expression goes to the interpreter. */
  readonly interpret: boolean;
  /** The most threads that run a program. */
  readonly threadLimit: number;
  /** See {@link WasmBackendOptions}. */
  readonly eager: boolean;
  readonly shareArena: boolean;
  disposed = false;
  /** Bytes of scratch memory of one thread. */
  scratchStride = 0;
  /** Changes whenever a storage is freed: programs look whether it was one of theirs. */
  frees = 0;
  /** Held weakly, so that programs that nobody holds any more are freed. */
  private readonly executables = new Set<WeakRef<WasmExecutable>>();
  private readonly collected = new FinalizationRegistry<Loaded>((loaded) => this.release(loaded));
  private readonly runner: Runner;
  private readonly env: { readonly memory: WebAssembly.Memory; readonly table: WebAssembly.Table };
  private readonly core: WebAssembly.Module;
  private readonly spawn: Spawn | true | undefined;
  private readonly restModule: WebAssembly.Module | undefined;
  private restLoading: Promise<void> | undefined;
  private sharesWork = false;

  /** @param module the core module: for shared memory, if there is `spawn`. */
  constructor(
    module: WebAssembly.Module,
    {
      maximumBytes,
      interpret = false,
      rest,
      threads = 1,
      spawn,
      eager = false,
      shareArena = true,
    }: WasmBackendOptions = {},
  ) {
    super();
    this.interpret = interpret;
    this.threadLimit = threads;
    this.eager = eager;
    this.spawn = spawn;
    this.restModule = rest;
    this.core = module;
    this.shareArena = shareArena;
    this.heap = new Heap(maximumBytes, spawn !== undefined);
    const table = new WebAssembly.Table({ element: "anyfunc", initial: tableSize });
    this.env = { memory: this.heap.memory, table };
    this.exports = new WebAssembly.Instance(module, { env: this.env }).exports as unknown as WasmExports;
    this.runner = new Runner(this, this.exports, [module], spawn, eager);
    this.build = this.exports.isRelaxed() ? "relaxed" : "simd";
    this.heap.open(heapBase);
    this.arena = this.heap.allocate(0, "arena");
    this.scratch = this.heap.allocate(0, "scratch");
  }

  /**
   * Loads the kernels that few programs need, in this thread and in the workers. `load` does so where a program needs
   * them. @throws StateError where the host forbids compiling and no module was given.
   */
  loadRest(): Promise<void> {
    this.restLoading ??= this.joinRest().catch((error) => {
      this.restLoading = undefined;
      throw error;
    });
    return this.restLoading;
  }

  private async joinRest(): Promise<void> {
    const [{ rest }, module] = await Promise.all([
      import("./rest.ts"),
      this.restModule ?? moduleOf("rest", this.build, this.spawn !== undefined),
    ]);
    new WebAssembly.Instance(module, { env: this.env, core: this.exports as unknown as WebAssembly.ModuleImports });
    await this.runner.useModules([this.core, module]);
    this.rest = rest;
  }

  override toJSON(): object {
    const { name, build, threadLimit } = this;
    return { kind: "backend", name, build, threadLimit };
  }

  /** The worker threads, once they are started. For tests. */
  get pool(): WorkerPool | undefined {
    return this.runner.pool;
  }

  /**
   * Threads that run programs now: 1 until workers have been started and are ready. Small programs run on one all the
   * same.
   */
  get threads(): number {
    return 1 + (this.pool?.alive ?? 0);
  }

  /**
   * Starts the workers now, rather than when programs have done enough work to repay it, and waits until they are
   * ready. Gives the number of threads, the caller's included.
   * @example const threads = await (await wasm({ threads: 4 })).startThreads();
   */
  async startThreads(): Promise<number> {
    this.check();
    await this.runner.start();
    await this.pool?.ready();
    return this.threads;
  }

  load(program: Program, storages: readonly Storage[]): WasmExecutable | Promise<WasmExecutable> {
    this.check();
    if (this.rest || !needsRest(program.instructions, this.interpret)) return this.loadNow(program, storages);
    return this.loadRest().then(() => this.loadNow(program, storages));
  }

  /** As `load`, where all kernels that the program needs are there. */
  loadNow(program: Program, storages: readonly Storage[]): WasmExecutable {
    this.check();
    const bound = bindStorages("wasm backend", program, storages, (storage) => this.own(storage));
    const { arena, scratch, scratchStride, sharesWork } = this;
    const lowered = this.rest?.lower(program) ?? program;
    let executable: WasmExecutable;
    try {
      executable = this.heap.attempt([arena, scratch], () => new WasmExecutable(this, lowered, bound));
    } catch (error) {
      Object.assign(this, { scratchStride, sharesWork });
      this.link();
      throw error;
    }
    const { reference, blocks } = executable;
    this.executables.add(reference);
    this.collected.register(executable, { reference, blocks }, executable);
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
      throw valueError("wasm backend", {
        rule: "a variable is written as a whole",
        expected: `${size} values`,
        received: data.length,
      });
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
    this.frees++;
    this.heap.free(own.block);
  }

  /**
   * Ends the workers. The memory goes when nobody holds the backend, its programs or storages any more; until then they
   * only give errors.
   */
  dispose(): void {
    this.disposed = true;
    this.pool?.end();
    this.executables.clear();
  }

  /** Gives back what the arena and scratch memory have beyond the needs of the programs that are loaded. */
  trim(): boolean {
    [this.scratchStride, this.sharesWork] = [0, false];
    let arenaBytes = 0;
    for (const reference of this.executables) {
      const needs = reference.deref()?.needs;
      if (!needs) continue;
      arenaBytes = Math.max(arenaBytes, needs.arenaBytes);
      this.addScratch(needs);
    }
    const { heap, arena, scratch } = this;
    return [heap.shrink(arena, arenaBytes), heap.shrink(scratch, this.scratchBytes)].includes(true);
  }

  /**
   * For executables: room for a program. Where that moves the arena or the scratch memory, all records get the new
   * addresses. Scratch memory first: where the arena was nothing is written before the program is there, so that `load`
   * can take the move back.
   */
  reserve(needs: Needs): void {
    this.addScratch(needs);
    const scratchMoved = this.heap.enlarge(this.scratch, this.scratchBytes);
    const arenaMoved = this.heap.enlarge(this.arena, needs.arenaBytes);
    if (arenaMoved || scratchMoved) this.link();
  }

  private addScratch({ scratchBytes, sharesWork }: Needs): void {
    this.scratchStride = Math.max(this.scratchStride, Math.ceil(scratchBytes / 64) * 64);
    this.sharesWork ||= sharesWork;
  }

  /** Each thread has its own if any program has work to share. */
  private get scratchBytes(): number {
    return this.scratchStride * (this.sharesWork ? this.threadLimit : 1);
  }

  /** For executables: runs records that share so many nanoseconds of work, with workers if that is worth it. */
  execute(address: number, count: number, work: number, program: object): void {
    this.check();
    this.calls++;
    this.runner.run({ address, count, work, program });
  }

  /** For executables: frees what a program holds, which is disposed of or was collected. */
  release({ reference, blocks }: Loaded, executable?: WasmExecutable): void {
    if (executable) this.collected.unregister(executable);
    this.executables.delete(reference);
    for (const block of blocks) this.heap.free(block);
  }

  private link(): void {
    for (const reference of this.executables) reference.deref()?.link();
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
    if (own.freed)
      throw stateError("wasm backend", {
        rule: "a freed storage cannot be used",
        expected: "a storage in use",
        received: "one that was freed",
      });
    return own;
  }

  private check(): void {
    if (!this.disposed) return;
    throw stateError("wasm backend", {
      rule: "a disposed backend cannot be used",
      expected: "a backend in use",
      received: "one that was disposed of",
      advice: "Make another.",
    });
  }
}

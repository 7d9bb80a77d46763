import { type Backend, type Executable, type InputPort, isHostExecutable } from "../backends/backend.ts";
import { type Reclaimable, registerReclaimable } from "../backends/evaluate.ts";
import { endOf } from "../backends/loss.ts";
import { outcomeOf, place } from "../backends/placement.ts";
import { readAll } from "../backends/ports.ts";
import { compileOnDemand } from "../compiler/compile-on-demand.ts";
import type { CompiledGraph, CompileOptions } from "../compiler/compile-with.ts";
import type { TypedArray } from "../ir/dtype.ts";
import type { Shape } from "../ir/shape.ts";
import { settle } from "../settle.ts";
import type { Placement, Variable } from "../tensor/variable.ts";

/** A program that is loaded on a backend, with its inputs and outputs by name. */
export class BoundProgram {
  /** How many calls use it now: {@link ProgramCache} frees it only while there are none. */
  users = 0;
  /** Whether it is freed, or will be as soon as it has no user. */
  isRetired = false;
  private readonly ports = new Map<string, InputPort>();
  private readonly placements: readonly (Placement | undefined)[];

  constructor(
    readonly executable: Executable,
    readonly backend: Backend,
    readonly variables: readonly Variable[],
    readonly graph: CompiledGraph["program"],
  ) {
    for (const name of Object.keys(graph.inputs)) this.ports.set(name, executable.input(name));
    this.placements = variables.map((variable) => variable.placement);
  }

  /** Whether the variables are still where the program reads them; another backend may have taken them since. */
  get isCurrent(): boolean {
    return this.variables.every((variable, index) => variable.placement === this.placements[index]);
  }

  /** The port of an input; undefined where the program does not use it. */
  input(name: string): InputPort | undefined {
    return this.ports.get(name);
  }

  /** Outputs of the run before, by name; a promise only where the host has to wait. Call it in the tick of the run. */
  read(names: readonly string[]): Record<string, TypedArray> | Promise<Record<string, TypedArray>> {
    const { executable } = this;
    return isHostExecutable(executable) ? readAll(executable, names) : executable.read(names);
  }

  get outputNames(): readonly string[] {
    return Object.keys(this.graph.outputs);
  }

  outputShape(name: string): Shape {
    return this.graph.outputs[name]?.shape ?? [];
  }

  /** Runs it. Start reading the outputs before anything is awaited: the next run of any program overwrites them. */
  run(): void {
    this.executable.run();
  }
}

/**
 * Programs kept while nobody uses them: `predict` alone can have a program for each batch size up to 32, the
 * default, and one takes some 70 kB.
 */
const capacity = 48;

/** Frees the programs of models that were collected. */
const collected = /* @__PURE__ */ new FinalizationRegistry<Set<Executable>>((executables) => {
  for (const executable of executables) executable.dispose();
});

/** The programs of a model by key. When there are too many, the least recently used are freed. */
export class ProgramCache implements Reclaimable {
  private readonly kept = new Map<string, BoundProgram>();
  /** Programs that are being bound: calls that need the same one wait for it. */
  private readonly binding = new Map<string, Promise<unknown>>();
  /** Those of all programs that are not freed. {@link collected} holds this set, so it must not refer to the model. */
  private readonly executables = new Set<Executable>();

  constructor(private readonly backend: () => Backend | Promise<Backend>) {
    collected.register(this, this.executables);
    registerReclaimable(this);
  }

  /**
   * Gives `act` the program of a key, bound if need be, in a tick in which its variables are where it reads them: run
   * it there. It is in use until it is released. Gives what `act` gives; a promise where the program has to be bound
   * first.
   */
  acquire<T>(key: string, record: () => CompileOptions, act: (program: BoundProgram) => T): T | Promise<T> {
    const program = this.find(key);
    if (!program) return settle(this.bind(key, record, act));
    program.users++;
    return act(program);
  }

  /** The counterpart of {@link acquire}. */
  release(program: BoundProgram): void {
    program.users--;
    if (program.isRetired) this.free(program);
    else this.trim();
  }

  /** As {@link acquire}; the program is in use until what `act` gives is settled. */
  use<T>(key: string, record: () => CompileOptions, act: (program: BoundProgram) => T | Promise<T>): T | Promise<T> {
    return settle(this.useNow(key, record, act));
  }

  private *useNow<T>(
    key: string,
    record: () => CompileOptions,
    act: (program: BoundProgram) => T | Promise<T>,
  ): Generator<unknown, T, never> {
    let used: BoundProgram | undefined;
    try {
      return yield this.acquire(key, record, (program) => {
        used = program;
        return act(program);
      });
    } finally {
      if (used) this.release(used);
    }
  }

  /** How many programs are kept. */
  get size(): number {
    return this.kept.size;
  }

  reclaim(backend: Backend): boolean {
    return this.drop((program) => program.backend === backend);
  }

  /** Frees all programs; those in use are freed when they are released. They are made again when they are needed. */
  dispose(): void {
    for (const [key, program] of this.kept) this.retire(key, program);
  }

  private find(key: string): BoundProgram | undefined {
    const program = this.kept.get(key);
    if (!program) return undefined;
    if (!program.isCurrent || endOf(program.backend)) {
      this.retire(key, program);
      return undefined;
    }
    // Last in the map: the most recently used.
    this.kept.delete(key);
    this.kept.set(key, program);
    return program;
  }

  private *bind<T>(
    key: string,
    record: () => CompileOptions,
    act: (program: BoundProgram) => T,
  ): Generator<unknown, T, never> {
    for (let pending = this.binding.get(key); pending; pending = this.binding.get(key)) {
      yield pending;
      const program = this.find(key);
      if (!program) continue;
      program.users++;
      return act(program);
    }
    const added = settle(this.add(key, record, act));
    if (!(added instanceof Promise)) return added();
    const pending = added.finally(() => this.binding.delete(key));
    this.binding.set(key, pending);
    const outcome: () => T = yield pending;
    return outcome();
  }

  /**
   * Binds a program and gives it to `act`, while no other call can move its variables. Gives the result of `act` as a
   * function, for it may be a promise.
   */
  private *add<T>(
    key: string,
    record: () => CompileOptions,
    act: (program: BoundProgram) => T,
  ): Generator<unknown, () => T, never> {
    const recorded = record();
    const backend: Backend = yield this.backend();
    const graph: CompiledGraph = yield compileOnDemand(recorded, backend.limits);
    // Errors of `act` are for the call that made it, not for those that wait for the same program.
    const use = (executable: Executable) => {
      this.executables.add(executable);
      const program = new BoundProgram(executable, backend, graph.variables, graph.program);
      this.kept.set(key, program);
      program.users++;
      return outcomeOf(() => act(program));
    };
    return yield place(
      graph.variables,
      () => backend,
      () => ({ ...graph, use }),
    );
  }

  /** Frees the least recently used programs, where there are too many. */
  private trim(): void {
    let surplus = this.kept.size - capacity;
    if (surplus > 0) this.drop(() => surplus-- > 0);
  }

  /** Frees the programs that match and are not in use; gives whether there were any. */
  private drop(matches: (program: BoundProgram) => boolean): boolean {
    let dropped = false;
    for (const [key, program] of this.kept) {
      if (program.users > 0 || !matches(program)) continue;
      this.retire(key, program);
      dropped = true;
    }
    return dropped;
  }

  /** Takes a program out of the cache; it is freed once it is not in use. */
  private retire(key: string, program: BoundProgram): void {
    this.kept.delete(key);
    program.isRetired = true;
    this.free(program);
  }

  private free(program: BoundProgram): void {
    if (program.users > 0) return;
    this.executables.delete(program.executable);
    program.executable.dispose();
  }
}

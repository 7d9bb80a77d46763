import type { Backend, Executable, InputPort, OutputPort } from "../backends/backend.ts";
import { bind, type Reclaimable, registerReclaimable } from "../backends/evaluate.ts";
import type { CompiledGraph } from "../compiler/compile.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Home, Variable } from "../tensor/variable.ts";

/** A program on a backend, with its ports by name. */
export class BoundProgram {
  /** How many calls use it now: {@link Programs} frees it only while there are none. */
  users = 0;
  /** Whether it is freed, or will be as soon as it has no user. */
  isRetired = false;
  private readonly ports = new Map<string, InputPort>();
  private readonly homes: readonly (Home | undefined)[];

  constructor(
    readonly executable: Executable,
    readonly backend: Backend,
    readonly variables: readonly Variable[],
    readonly graph: CompiledGraph["program"],
  ) {
    for (const name of Object.keys(graph.inputs)) this.ports.set(name, executable.input(name));
    this.homes = variables.map((variable) => variable.home);
  }

  /** Whether the variables are still where the program reads them; another backend may have taken them since. */
  get isCurrent(): boolean {
    return this.variables.every((variable, index) => variable.home === this.homes[index]);
  }

  /** The port of an input; undefined where the program does not use it. */
  input(name: string): InputPort | undefined {
    return this.ports.get(name);
  }

  output(name: string): OutputPort {
    return this.executable.output(name);
  }

  get outputNames(): readonly string[] {
    return Object.keys(this.graph.outputs);
  }

  outputShape(name: string): Shape {
    return this.graph.outputs[name]?.shape ?? [];
  }

  /** Runs it. Start to read the outputs before anything is awaited: the next run of any program writes over them. */
  run(): void {
    this.executable.run();
  }
}

/**
 * Programs kept while nobody uses them: `predict` alone can have a program for each batch size up to 32, the default, and one takes some 70 kB.
 */
const capacity = 48;

/** Frees the programs of models that were collected. */
const collected = /* @__PURE__ */ new FinalizationRegistry<Set<Executable>>((executables) => {
  for (const executable of executables) executable.dispose();
});

/** Bound programs by key. When there are too many, those that have not been used for the longest time are freed. */
export class Programs implements Reclaimable {
  private readonly kept = new Map<string, BoundProgram>();
  /** Programs that are being bound: calls that need the same one wait for it. */
  private readonly binding = new Map<string, Promise<unknown>>();
  /** Of all programs that are not freed. Held by {@link collected}, so it leads to no model. */
  private readonly executables = new Set<Executable>();

  constructor(private readonly backend: () => Promise<Backend>) {
    collected.register(this, this.executables);
    registerReclaimable(this);
  }

  /** The program of a key, bound if need be, and in use until it is released. A promise only where it has to be bound. */
  acquire(key: string, record: () => CompiledGraph): BoundProgram | Promise<BoundProgram> {
    const program = this.find(key);
    if (!program) return this.bind(key, record);
    program.users++;
    return program;
  }

  /** The counterpart of {@link acquire}. */
  release(program: BoundProgram): void {
    program.users--;
    if (program.isRetired) this.free(program);
    else this.trim();
  }

  /** Calls `act` with a program as soon as it can run; the program is in use until what `act` gives is settled. */
  async use<T>(key: string, record: () => CompiledGraph, act: (program: BoundProgram) => Promise<T>): Promise<T> {
    const acquired = this.acquire(key, record);
    const program = acquired instanceof Promise ? await acquired : acquired;
    try {
      return await act(program);
    } finally {
      this.release(program);
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
    if (!program.isCurrent) {
      this.retire(key, program);
      return undefined;
    }
    // Now it is the one that was used last.
    this.kept.delete(key);
    this.kept.set(key, program);
    return program;
  }

  private async bind(key: string, record: () => CompiledGraph): Promise<BoundProgram> {
    for (;;) {
      const pending = this.binding.get(key);
      if (pending) await pending;
      else {
        const added = this.add(key, record).finally(() => this.binding.delete(key));
        this.binding.set(key, added);
        const program = await added;
        // Its variables may have moved since it was bound.
        if (program.isCurrent && !program.isRetired) return program;
        this.release(program);
      }
      const program = this.find(key);
      if (program) {
        program.users++;
        return program;
      }
    }
  }

  /** Binds a program; its first user is the call that asked for it, so that it is not freed before that call has it. */
  private async add(key: string, record: () => CompiledGraph): Promise<BoundProgram> {
    const graph = record();
    const backend = await this.backend();
    return bind(graph, backend, (executable) => {
      this.executables.add(executable);
      const program = new BoundProgram(executable, backend, graph.variables, graph.program);
      program.users = 1;
      this.kept.set(key, program);
      return program;
    });
  }

  /** Frees the programs that have not been used for the longest time, where there are too many. */
  private trim(): void {
    let surplus = this.kept.size - capacity;
    if (surplus > 0) this.drop(() => surplus-- > 0);
  }

  /** Frees those that match and are not in use; says whether there were any. */
  private drop(matches: (program: BoundProgram) => boolean): boolean {
    let dropped = false;
    for (const [key, program] of this.kept) {
      if (program.users > 0 || !matches(program)) continue;
      this.retire(key, program);
      dropped = true;
    }
    return dropped;
  }

  /** Gives it to nobody any more. */
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

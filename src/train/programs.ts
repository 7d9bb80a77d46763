import type { Backend, Executable, InputPort, OutputPort } from "../backends/backend.ts";
import { bind } from "../backends/evaluate.ts";
import type { CompiledGraph } from "../compiler/compile.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Home, Variable } from "../tensor/variable.ts";

/** A program on a backend, with its ports by name. */
export class BoundProgram {
  private readonly ports = new Map<string, InputPort>();
  private readonly homes: readonly (Home | undefined)[];

  constructor(
    readonly executable: Executable,
    readonly variables: readonly Variable[],
    readonly graph: CompiledGraph["program"],
  ) {
    for (const name of Object.keys(graph.inputs)) this.ports.set(name, executable.input(name));
    this.homes = variables.map((variable) => variable.home);
  }

  /** Whether the variables still live where the program reads them; another backend may have taken them since. */
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

  run(): void {
    this.executable.run();
  }

  dispose(): void {
    this.executable.dispose();
  }
}

/** Programs kept at once: enough for train, test and predict at full and ragged batches, with room. */
const capacity = 16;

/** Bound programs by key, the longest unused given up when there are too many. */
export class Programs {
  private readonly kept = new Map<string, BoundProgram>();

  constructor(private readonly backend: () => Promise<Backend>) {}

  /** The program of that key if it is there and may run. */
  find(key: string): BoundProgram | undefined {
    const program = this.kept.get(key);
    if (!program) return undefined;
    // To the end of the line.
    this.kept.delete(key);
    if (program.isCurrent) {
      this.kept.set(key, program);
      return program;
    }
    program.dispose();
    return undefined;
  }

  /** Binds what `record` gives and keeps it under the key. */
  async add(key: string, record: () => CompiledGraph): Promise<BoundProgram> {
    const graph = record();
    const executable = await bind(graph, await this.backend());
    const program = new BoundProgram(executable, graph.variables, graph.program);
    this.kept.set(key, program);
    for (const [oldest, old] of this.kept) {
      if (this.kept.size <= capacity) break;
      this.kept.delete(oldest);
      old.dispose();
    }
    return program;
  }

  /** How many programs are kept. */
  get size(): number {
    return this.kept.size;
  }

  dispose(): void {
    for (const program of this.kept.values()) program.dispose();
    this.kept.clear();
  }
}

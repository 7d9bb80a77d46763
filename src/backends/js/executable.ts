// Programs of the js backend: their arrays, and running them.
import { lookUp, stateError } from "../../errors.ts";
import type { TypedArray } from "../../ir/dtype.ts";
import type { Program } from "../../ir/program.ts";
import type { View } from "../../ir/view.ts";
import type { HostExecutable, InputPort, Storage } from "../backend.ts";
import { readAll, writePart } from "../ports.ts";
import { execute } from "./kernels.ts";
import { type Memory, outOfMemory } from "./memory.ts";

/** A program with its arrays. */
export class JsExecutable implements HostExecutable {
  private readonly inputs: Readonly<Record<string, InputPort>>;
  private readonly outputs: Readonly<Record<string, TypedArray>>;
  private memory: Memory | undefined;

  constructor(
    private readonly program: Program,
    memory: Memory,
    private readonly storages: readonly (Storage & { readonly array: TypedArray | undefined })[],
  ) {
    this.memory = memory;
    this.inputs = ports(program.inputs, (view, name) => inputPort(name, view, memory.window(view)));
    this.outputs = ports(program.outputs, (view) => memory.window(view));
  }

  run(): void {
    const memory = this.held();
    try {
      for (const instruction of this.program.instructions) execute(instruction, memory);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      // Kernels allocate what they add up in. Where there is no room for it, results before are there, later ones are
      // not.
      throw outOfMemory("room for what kernels add up in", String(error), {
        context: "the run was broken off, so variables that it updates may hold anything",
        advice: "Restore the weights before going on.",
      });
    }
  }

  input(name: string): InputPort {
    return lookUp("program", "input", this.inputs, name);
  }

  async read<Name extends string>(names: readonly Name[]): Promise<Record<Name, TypedArray>> {
    return readAll(this, names);
  }

  readSync(name: string): TypedArray {
    return lookUp("program", "output", this.outputs, name).slice();
  }

  dispose(): void {
    this.memory = undefined;
  }

  private held(): Memory {
    if (!this.memory) {
      throw stateError("js backend", {
        rule: "a disposed program cannot run",
        expected: "a loaded program",
        received: "one that was disposed of",
      });
    }
    if (this.storages.every(({ array, backend }) => array && !backend.disposed)) return this.memory;
    throw stateError("js backend", {
      rule: "a program runs while its variables stay where they are",
      expected: "storages in use",
      received: "a freed one",
    });
  }
}

function ports<T>(views: Readonly<Record<string, View>>, port: (view: View, name: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(views).map(([name, view]) => [name, port(view, name)]));
}

function inputPort(name: string, { dtype }: View, target: TypedArray): InputPort {
  const size = target.length;
  return {
    size,
    dtype,
    write: (source, sourceOffset, length, targetOffset) =>
      writePart(name, target, source, sourceOffset, length, targetOffset),
  };
}

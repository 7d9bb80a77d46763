import type { NumericArray } from "../ir/dtype.ts";
import { type Instruction, viewsOf } from "../ir/instruction.ts";
import type { Program } from "../ir/program.ts";
import { sizeOf } from "../ir/shape.ts";
import type { View } from "../ir/view.ts";
import type { Backend, Executable, Storage } from "./backend.ts";

/** A program that can be run whole and one instruction at a time: what {@link divide} gives. */
export interface DividedProgram {
  /** The program itself, on copies of its variables. */
  readonly whole: Executable;
  /** A program for each instruction. Run in order they do what `whole` does, on the same copies of variables. */
  readonly parts: readonly Executable[];
  /** What the parts use as the program's buffers. */
  readonly storages: readonly Storage[];
  /** Has the inputs of the program; a run puts them where the parts read them. */
  readonly inputs: Executable;
  /** The program of `inputs`. */
  readonly inputProgram: Program;
  /** Frees the programs and the copies. */
  dispose(): void;
}

/**
 * Loads a program whole and divided into its instructions, for profiles. It works on any backend, since each part is a
 * program of one instruction and all buffers are storages: no two of them share memory, so this takes more of it than
 * the program alone.
 * @param values of the program's variables, which are copied: the variables themselves stay as they are.
 * @throws OutOfMemoryError where there is no room; then nothing is left behind.
 */
export async function divide(
  program: Program,
  values: readonly NumericArray[],
  backend: Backend,
): Promise<DividedProgram> {
  const executables: Executable[] = [];
  const storages: Storage[] = [];
  const load = async (part: Program, used: readonly number[]): Promise<Executable> => {
    const executable = await backend.load(
      part,
      used.map((buffer) => storages[buffer] as Storage),
    );
    executables.push(executable);
    return executable;
  };
  const dispose = (): void => {
    for (const executable of executables) executable.dispose();
    for (const storage of storages) backend.free(storage);
  };
  try {
    program.buffers.forEach(({ size, dtype, data }) => {
      const storage = backend.allocate({ size, dtype });
      storages.push(storage);
      if (data) backend.write(storage, data);
    });
    program.variables.forEach((buffer, index) => {
      backend.write(storages[buffer] as Storage, values[index] as NumericArray);
    });
    const whole = await load(program, program.variables);
    const inputProgram = copyOfInputs(program);
    const inputs = await load(
      inputProgram,
      Object.values(program.inputs).map(({ buffer }) => buffer),
    );
    const parts: Executable[] = [];
    for (const instruction of program.instructions) {
      const used = buffersOf(instruction);
      parts.push(await load(programOfOne(program, instruction, used), used));
    }
    return { whole, parts, storages, inputs, inputProgram, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

function buffersOf(instruction: Instruction): number[] {
  const { reads, writes } = viewsOf(instruction);
  return [...new Set([...reads, ...writes].map(({ buffer }) => buffer))];
}

/** The instruction as a program on variables. Buffers keep their numbers; those that it does not use are empty. */
function programOfOne({ buffers }: Program, instruction: Instruction, used: readonly number[]): Program {
  return {
    buffers: buffers.map(({ dtype, size }, buffer) =>
      used.includes(buffer) ? { kind: "variable", dtype, size } : { kind: "temporary", dtype, size: 0 },
    ),
    instructions: [instruction],
    inputs: {},
    outputs: {},
    variables: used,
  };
}

/** A program with the same inputs that copies each to a variable. */
function copyOfInputs({ inputs }: Program): Program {
  const views = Object.entries(inputs).map(([name, view], buffer) => ({ name, view: { ...view, buffer } }));
  const targets = views.map(({ view }) => ({ ...view, buffer: view.buffer + views.length }));
  const specOf = (kind: "input" | "variable") =>
    views.map(({ name, view: { dtype, shape } }) => ({ kind, dtype, size: sizeOf(shape), name }));
  return {
    buffers: [...specOf("input"), ...specOf("variable")],
    instructions: views.map(({ view }, index) => ({ kind: "copy", input: view, output: targets[index] as View })),
    inputs: Object.fromEntries(views.map(({ name, view }) => [name, view])),
    outputs: {},
    variables: targets.map(({ buffer }) => buffer),
  };
}

import type { AnyInstruction } from "../../ir/descriptor.ts";
import { descriptorOf, type Instruction, type InstructionKind, type InstructionOf } from "../../ir/instruction.ts";
import type { View } from "../../ir/view.ts";
import type { RecordWriter } from "./record-writer.ts";

/** Kinds whose kernels most programs need. */
export type CoreKind = Extract<
  InstructionKind,
  | "map"
  | "matmul"
  | "reduce"
  | "argReduce"
  | "softmax"
  | "softmaxGrad"
  | "gather"
  | "scatterAdd"
  | "random"
  | "cumsum"
  | "copy"
  | "fill"
>;

/** All other kinds of `I`: convolutions, pooling, and updates of some rows of a table. */
export type RestKind<I extends AnyInstruction = Instruction> = Exclude<I["kind"], CoreKind>;

/**
 * How records are written: per kind the place of its kernel in the table of functions, and what writes the
 * words that the kernel reads (the class at the top of the kernel's file). A kind that is missing does not compile.
 */
export type Records<K extends string = InstructionKind, I extends AnyInstruction = Instruction> = {
  readonly [P in K]: readonly [kernel: number, write: (instruction: InstructionOf<P, I>, writer: RecordWriter) => void];
};

/**
 * The record of a kind without words of its own: its fields in the order of its descriptor; after them, where an
 * operand may be float32 or int32, whether it is int32.
 */
export function writeFields(instruction: Instruction, writer: RecordWriter): void {
  const values = instruction as unknown as Readonly<Record<string, unknown>>;
  const words: Record<string, number> = {};
  let isInt: boolean | undefined;
  for (const [name, role] of Object.entries(descriptorOf(instruction).fields)) {
    const value = values[name];
    if (typeof role === "object") words[name] = (role as Readonly<Record<string, number>>)[value as string] as number;
    else if (role === "number" || role === "flag") words[name] = Number(value);
    else words[name] = writer.addressOf(value as View);
    if (role === "reads either") isInt = (value as View).dtype === "int32";
  }
  writer.fields(isInt === undefined ? words : { ...words, isInt: Number(isInt) });
}

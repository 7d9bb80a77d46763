// The table of the WebGPU backend: a kernel for each kind of instruction. What dense networks do without comes on
// demand.
import type { Instruction, InstructionKind } from "../../../ir/instruction.ts";
import type { loopDispatches } from "../loop.ts";
import type { Context, DeviceFacts, Dispatch, Kernel } from "../shader.ts";
import { copy, fill } from "./arrange.ts";
import { map } from "./map.ts";
import { matmul } from "./products.ts";
import { random } from "./random.ts";
import { argReduce, reduce } from "./reduce.ts";
import { softmax, softmaxGrad } from "./softmax.ts";

const core = { map, matmul, reduce, argReduce, softmax, softmaxGrad, random, copy, fill };

/** The kernels of rest.ts: one that is missing in both tables does not compile. Loops have no kernel of their own. */
export type RestKernels = { readonly [K in Exclude<InstructionKind, keyof typeof core | "loop">]: Kernel<K> };

/** Kernels that are loaded for a program. */
export interface Kernels {
  /** The dispatches of one instruction. */
  readonly dispatchesOf: (instruction: Instruction, ctx: Context) => readonly Dispatch[];
  /** Those of a loop, from those of the instructions in it; only where there are loops. */
  readonly dispatchesOfLoop: typeof loopDispatches | undefined;
  readonly products: Context["products"];
}

/** What these instructions need on this device. */
export async function loadKernels(instructions: readonly Instruction[], { isSoftware }: DeviceFacts): Promise<Kernels> {
  const isCore = instructions.every(({ kind }) => Object.hasOwn(core, kind));
  // The tables pair each kind with its own instruction; TypeScript cannot follow the pairing through an index.
  const more = isCore ? undefined : await import("./rest.ts");
  const kernels: object = { ...core, ...more?.rest };
  return {
    dispatchesOf: (instruction, ctx) =>
      (kernels as Readonly<Record<InstructionKind, Kernels["dispatchesOf"]>>)[instruction.kind](instruction, ctx),
    dispatchesOfLoop: more?.loopDispatches,
    products: isSoftware ? (await import("./products-software.ts")).softwareProducts : undefined,
  };
}

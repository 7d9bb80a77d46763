// From programs to dispatches: where all buffers lie, which shaders run, and the words of their records.
import { planArena } from "../../ir/arena.ts";
import { type Instruction, viewsOf } from "../../ir/instruction.ts";
import type { Program } from "../../ir/program.ts";
import type { BufferId, View } from "../../ir/view.ts";
import { alignUp } from "./heap.ts";
import type { Kernels } from "./kernels/index.ts";
import { mergeDispatches, type OwnedDispatch, orderForMerging } from "./merge.ts";
import { recordBytes } from "./pipelines.ts";
import type { Context, DeviceFacts, Dispatch, Place } from "./shader.ts";

/** How a program lies in memory: what is needed of its plan while it is loaded. */
export interface Layout {
  /** Of each dispatch: the index of its instruction, the first one where small ones are merged. */
  readonly instructions: readonly number[];
  /** Bytes of the arena: temporaries, inputs, scratch. */
  readonly arenaBytes: number;
  /** Where the records begin in the program's buffer, in bytes. */
  readonly recordsOffset: number;
  readonly placeOf: (view: View) => Place;
}

/** What runs a program. Long loops have thousands of dispatches, so all but the layout is let go once it is loaded. */
export interface Plan {
  readonly dispatches: readonly Dispatch[];
  /** The constants, then the records of all dispatches. */
  readonly words: Uint32Array<ArrayBuffer>;
  readonly layout: Layout;
}

/** The buffer that stands for scratch memory in views. */
const scratchBuffer: BufferId = -1;

/**
 * Plans a program.
 * @param variables where each variable begins, in bytes of the heap.
 */
export function planProgram(
  program: Program,
  variables: readonly number[],
  device: DeviceFacts,
  { dispatchesOf, dispatchesOfLoop, products }: Kernels,
): Plan {
  const { buffers, instructions, outputs } = program;
  const order = orderForMerging(instructions);
  const ordered = order.map((index) => instructions[index] as Instruction);
  const arena = planArena({ buffers, instructions: ordered, outputs }, { groupInputs: true });
  const places = new Map<BufferId, Place>();
  let constants = 0;
  buffers.forEach(({ kind, size }, buffer) => {
    if (kind === "constant") {
      places.set(buffer, { space: "constants", base: constants });
      constants += size;
    } else if (kind !== "variable") places.set(buffer, { space: "arena", base: (arena.offsets[buffer] as number) / 4 });
  });
  program.variables.forEach((buffer, index) => {
    places.set(buffer, { space: "heap", base: (variables[index] as number) / 4 });
  });
  places.set(scratchBuffer, { space: "arena", base: alignUp(arena.bytes) / 4 });

  const read = new Set(Object.values(outputs).map(({ buffer }) => buffer));
  for (const instruction of instructions) for (const { buffer } of viewsOf(instruction).reads) read.add(buffer);
  let scratch = 0;
  let mostScratch = 0;
  const placeOf = placeIn(places);
  const ctx: Context = {
    placeOf,
    scratch(elements) {
      const offset = scratch;
      scratch += alignUp(elements * 4) / 4;
      mostScratch = Math.max(mostScratch, scratch);
      return { buffer: scratchBuffer, dtype: "float32", offset, shape: [elements], strides: [1] };
    },
    isRead: ({ buffer }) => buffers[buffer]?.kind !== "temporary" || read.has(buffer),
    device,
    products,
  };
  const dispatchesFor = (instruction: Instruction): readonly Dispatch[] => {
    if (instruction.kind === "loop" && dispatchesOfLoop) return dispatchesOfLoop(instruction, dispatchesFor);
    scratch = 0;
    return dispatchesOf(instruction, ctx);
  };
  const planned = ordered.flatMap((instruction, position): OwnedDispatch[] =>
    dispatchesFor(instruction).map((dispatch) => ({ dispatch, instruction: order[position] as number })),
  );
  const merged = mergeDispatches(planned);
  const dispatches = merged.map(({ dispatch }) => dispatch);

  const recordsOffset = alignUp(constants * 4);
  const words = new Uint32Array((recordsOffset + Math.max(dispatches.length, 1) * recordBytes) / 4);
  dispatches.forEach(({ params }, index) => {
    words.set(params, (recordsOffset + index * recordBytes) / 4);
  });
  buffers.forEach(({ kind, dtype, data }, buffer) => {
    if (kind !== "constant" || !data) return;
    const Target = dtype === "int32" ? Int32Array : Float32Array;
    new Target(words.buffer, (places.get(buffer) as Place).base * 4, data.length).set(data);
  });
  return {
    dispatches,
    words,
    layout: {
      instructions: merged.map(({ instruction }) => instruction),
      arenaBytes: alignUp(arena.bytes) + mostScratch * 4,
      recordsOffset,
      placeOf,
    },
  };
}

/** Where views begin. Not within `planProgram`, all of whose values it would keep alive. */
const placeIn =
  (places: ReadonlyMap<BufferId, Place>) =>
  ({ buffer, offset }: View): Place => {
    const { space, base } = places.get(buffer) as Place;
    return { space, base: base + offset };
  };

// How kernels write shaders: the types of kernels and dispatches, and the text that all shaders have in common.
import type { Instruction, InstructionKind, InstructionOf } from "../../ir/instruction.ts";
import type { View } from "../../ir/view.ts";

/**
 * Which GPU buffer an operand lies in: the arena (temporaries and inputs, shared by all programs), the heap (all
 * variables), or the constants of the program.
 */
export type Space = "arena" | "heap" | "constants";

/** Where a view begins: its first element, counted in elements of four bytes from the start of the space. */
export interface Place {
  readonly space: Space;
  readonly base: number;
}

/**
 * One dispatch of a compute shader. `code` is the whole WGSL text and the key of its pipeline, so what differs between
 * layers of equal shape (places of operands, stream numbers) must not be in it but in `params`.
 */
export interface Dispatch {
  readonly code: string;
  /** The words of the uniform record, at most 64; 0 and 1 are the bits of infinity and NaN. */
  readonly params: readonly number[];
  /** Workgroups in x and y. */
  readonly groups: readonly [x: number, y: number];
}

/** What kernels have to know of the device. */
export interface DeviceFacts {
  /** Most workgroups along one dimension of a dispatch. */
  readonly maxGroups: number;
  /** Most threads of a workgroup; at least 256. */
  readonly maxThreads: number;
  /** Bytes of workgroup memory; at least 16384. */
  readonly workgroupBytes: number;
  /** Whether shaders run on a CPU (SwiftShader, lavapipe, WARP): workgroup memory and barriers do not pay there. */
  readonly isSoftware: boolean;
  /** About how many threads the device needs to be busy: below it work is split further. */
  readonly lanes: number;
  /** As the adapter says: "nvidia", "apple", "intel", "amd", or "". */
  readonly vendor: string;
  /** As the adapter says, for example "ampere" or "metal-3", or "". */
  readonly architecture: string;
}

/** What a kernel is given beside its instruction. */
export interface Context {
  placeOf(view: View): Place;
  /** Room for `elements` float32 in the arena, behind all else. Its contents last until the instruction ends. */
  scratch(elements: number): View;
  /** Whether anything but the instruction's own epilogue reads this buffer. */
  isRead(view: View): boolean;
  readonly device: DeviceFacts;
}

/** Turns an instruction into dispatches, which run one after the other; none where there is nothing to do. */
export type Kernel<K extends InstructionKind> = (instruction: InstructionOf<K>, ctx: Context) => readonly Dispatch[];

/** A kernel for each kind of instruction; one that is missing does not compile. */
export type Kernels = { readonly [K in Instruction["kind"]]: Kernel<K> };

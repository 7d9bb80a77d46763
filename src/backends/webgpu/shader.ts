// How kernels write shaders: the types of kernels and dispatches, and the text that all shaders have in common.
import type { Instruction, InstructionKind, InstructionOf } from "../../ir/instruction.ts";
import type { View } from "../../ir/view.ts";
import { withLibrary } from "./functions.ts";

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
  /** What is left of a small one when it runs in one workgroup with others: see merge.ts. */
  readonly part?: Part;
}

/** Work of a dispatch that one workgroup can do beside that of others. */
export interface Part {
  /** Statements for each item `i` < count, in any order. */
  readonly body: string;
  readonly count: number;
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

/** Threads of a workgroup in {@link perItem} and {@link perGroup}. */
export const groupSize = 64;

/** How an operand of a shader is read and written at an index, which is WGSL of type u32 that counts from its base. */
export interface Operand {
  /** The word itself. */
  raw(index: string): string;
  /** Four words from an index that is a multiple of 4 on, as is the base; only where the shader is wide. */
  quad(index: string): string;
  /** The value as i32; only for int32 operands. */
  int(index: string): string;
  /** The value as f32, converted where the operand is int32. */
  get(index: string): string;
  /** A statement that stores an f32, converted where the operand is int32. */
  set(index: string, value: string): string;
}

/** Most words of the uniform record of a dispatch. */
export const mostParams = 64;

/**
 * A whole shader: the one bind group of a program, the number of threads of a workgroup, and the functions of the
 * library that the body calls.
 * @param word what memory is seen as: u32, or vec4<u32>.
 */
export const shaderText = (body: string, threads = groupSize, word = "u32"): string =>
  `@group(0) @binding(0) var<storage, read_write> arena: array<${word}>;
@group(0) @binding(1) var<storage, read_write> heap: array<${word}>;
@group(0) @binding(2) var<storage, read> constants: array<${word}>;
@group(0) @binding(3) var<uniform> prm: array<vec4<u32>, ${mostParams / 4}>;
const threads = ${threads}u;
${withLibrary(body)}`;

/** One shader while it is written: its operands, and its words of the uniform record. */
export class Shader {
  readonly params: number[] = [0x7f800000, 0x7fc00000];

  /** @param isWide whether memory is seen as vectors of four words: {@link Operand.quad}. */
  constructor(
    private readonly ctx: Context,
    private readonly isWide = false,
  ) {}

  /**
   * An operand. Its base comes from the uniform record, so that equal instructions at different places share a
   * pipeline.
   */
  operand(view: View): Operand {
    const { space, base } = this.ctx.placeOf(view);
    const start = this.param(base);
    const word = (place: string) =>
      this.isWide ? `${space}[(${place}) >> 2u][(${place}) & 3u]` : `${space}[${place}]`;
    const at = (index: string) => word(`${start} + (${index})`);
    const isInt = view.dtype === "int32";
    return {
      raw: at,
      quad: (index) => `${space}[(${start} + (${index})) >> 2u]`,
      int: (index) => `bitcast<i32>(${at(index)})`,
      get: (index) => (isInt ? `f32(bitcast<i32>(${at(index)}))` : `f(${at(index)})`),
      set: (index, value) => `${at(index)} = ${isInt ? `bitcast<u32>(toInt(${value}))` : `u(${value})`};`,
    };
  }

  /** A u32 that is not part of the text. Gives the WGSL that reads it. */
  param(value: number): string {
    const slot = this.params.push(value >>> 0) - 1;
    return `prm[${slot >> 2}][${slot & 3}]`;
  }

  /** The whole text: see {@link shaderText}. */
  text(body: string, threads = groupSize): string {
    return shaderText(body, threads, this.isWide ? "vec4<u32>" : "u32");
  }
}

/** Workgroups for `count` of them, in two dimensions where one is too short, and the WGSL of a workgroup's number. */
export function grid(count: number, { maxGroups }: DeviceFacts): { groups: readonly [number, number]; flat: string } {
  if (count <= maxGroups) return { groups: [count, 1], flat: "w.x" };
  const y = Math.ceil(count / maxGroups);
  const x = Math.ceil(count / y);
  return { groups: [x, y], flat: `(w.y * ${x}u + w.x)` };
}

/** The entry point of a shader: `w` is the workgroup's id, `l` the thread's number in it. */
export const mainCode = (threads: number, body: string): string =>
  `@compute @workgroup_size(${threads}) fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) l: u32) {
${body}
}`;

/**
 * A thread for each item `i` < count.
 * @param declarations what stands before the entry point.
 * @param steps about how many elements an item reads; small dispatches that have it may be merged with others. Such a
 * body must not return.
 */
export function perItem(
  ctx: Context,
  shader: Shader,
  count: number,
  body: string,
  declarations = "",
  steps = Number.POSITIVE_INFINITY,
): Dispatch[] {
  if (count === 0) return [];
  const { groups, flat } = grid(Math.ceil(count / groupSize), ctx.device);
  const code = shader.text(
    `${declarations}\n${mainCode(
      groupSize,
      `let i = ${flat} * ${groupSize}u + l;
if (i >= ${count}u) { return; }
${body}`,
    )}`,
  );
  const rounds = Math.ceil(count / mergedThreads);
  const isSmall = !declarations && rounds <= mostRounds && rounds * steps <= mostSteps;
  return [{ code, params: shader.params, groups, ...(isSmall ? { part: { body, count } } : {}) }];
}

/** Threads of the workgroup that does the work of merged dispatches. */
export const mergedThreads = 256;

/** Most items and elements that one of them does for a dispatch; beyond, a dispatch of its own is faster. */
export const mostRounds = 8;
const mostSteps = 64;

/**
 * A workgroup for each item `i` < count. Its body may call `sumF(l, x)` and the like, in uniform control flow: all
 * threads get the sum of x over the workgroup, added in the same order at each run.
 */
export function perGroup(ctx: Context, shader: Shader, count: number, body: string, declarations = ""): Dispatch[] {
  if (count === 0) return [];
  const { groups, flat } = grid(count, ctx.device);
  const code = shader.text(
    `${declarations}\n${mainCode(
      groupSize,
      `let i = ${flat};
if (i >= ${count}u) { return; }
${body}`,
    )}`,
  );
  return [{ code, params: shader.params, groups }];
}

/**
 * WGSL of where element `flat` of a shape lies under these strides. Divisions are by constants, which compilers turn
 * into multiplications.
 */
export function offsetCode(flat: string, shape: readonly number[], strides: readonly number[]): string {
  const terms: string[] = [];
  let below = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    const stride = strides[axis] as number;
    if (extent > 1 && stride !== 0) {
      const up = below === 1 ? flat : `(${flat}) / ${below}u`;
      const isOuter = shape.slice(0, axis).every((other) => other === 1);
      const index = isOuter ? `(${up})` : `((${up}) % ${extent}u)`;
      terms.push(stride === 1 ? index : `${index} * ${stride}u`);
    }
    below *= extent;
  }
  return terms.length > 0 ? terms.join(" + ") : "0u";
}

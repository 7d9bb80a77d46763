// How kernels write shaders: the types of kernels and dispatches, and the text that all shaders have in common.
import type { InstructionKind, InstructionOf } from "../../ir/instruction.ts";
import type { View } from "../../ir/view.ts";
import type { ProductStyle } from "./kernels/products-loops.ts";

/**
 * Which GPU buffer an operand lies in: the arena (temporaries and inputs, shared by all programs), the heap (all
 * variables), or the constants of the program.
 */
export type Space = "arena" | "heap" | "constants";

/** All of them. */
export const spaces: readonly Space[] = ["arena", "heap", "constants"];

/** Where a view begins: its first element, counted in elements of four bytes from the start of the space. */
export interface Place {
  readonly space: Space;
  readonly base: number;
}

/**
 * One dispatch of a compute shader. `code` is the WGSL text, without the functions of the library, and the key of its
 * pipeline, so what differs between layers of equal shape (places of operands, stream numbers) must not be in it but in
 * `params`.
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
  /** Functions and structures that the body uses. */
  readonly declarations: string;
  readonly count: number;
  /** What each word of the record stands for: words with the same key are equal wherever the program's memory lies. */
  readonly keys: readonly WordKey[];
}

/** See {@link Part.keys}. */
export type WordKey = string | symbol;

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
}

/** What a kernel is given beside its instruction. */
export interface Context {
  placeOf(view: View): Place;
  /** Room for `elements` float32 in the arena, behind all else. Its contents last until the instruction ends. */
  scratch(elements: number): View;
  /** Whether anything but the instruction's own epilogue reads this buffer. */
  isRead(view: View): boolean;
  readonly device: DeviceFacts;
  /** How products are computed where that is not the way of GPUs. */
  readonly products: ProductStyle | undefined;
}

/** Turns an instruction into dispatches, which run one after the other; none where there is nothing to do. */
export type Kernel<K extends InstructionKind> = (instruction: InstructionOf<K>, ctx: Context) => readonly Dispatch[];

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
  /**
   * Four values from an index on, which must be a name, as vec4<f32>. With one load where the space is wide and
   * `isAligned` says that the place of the first is a multiple of 4.
   */
  getFour(index: string, isAligned: boolean): string;
  /** Statements that store the four components of a named vec4<f32>; in a wide space the place must be aligned. */
  setFour(index: string, value: string): string;
  /** Where the operand begins. */
  readonly place: Place;
}

/** Most words of the uniform record of a dispatch. */
export const mostParams = 64;

/**
 * A shader but for the functions of the library that it calls: the one bind group of a program, the number of threads
 * of a workgroup, and the body.
 * @param wordOf what the elements of a space are: u32, or vec4<u32>.
 */
export const shaderText = (
  body: string,
  threads = groupSize,
  wordOf: (space: Space) => "u32" | "vec4<u32>" = () => "u32",
): string =>
  `@group(0) @binding(0) var<storage, read_write> arena: array<${wordOf("arena")}>;
@group(0) @binding(1) var<storage, read_write> heap: array<${wordOf("heap")}>;
@group(0) @binding(2) var<storage, read> constants: array<${wordOf("constants")}>;
@group(0) @binding(3) var<uniform> prm: array<vec4<u32>, ${mostParams / 4}>;
const threads = ${threads}u;
${body}`;

/** One shader while it is written: its operands, and its words of the uniform record. */
export class Shader {
  readonly params: number[] = [0x7f800000, 0x7fc00000];
  /** Of each of them: see {@link Part.keys}. */
  readonly keys: WordKey[] = ["infinity", "NaN"];
  /**
   * Spaces that are arrays of vec4<u32>: four words are one load or store there, and single words can be read but not
   * written (a store to one component may write all four). To be filled before the text of any operand is asked for.
   */
  readonly wide: Set<Space>;

  constructor(
    private readonly ctx: Context,
    wide: readonly Space[] = [],
  ) {
    this.wide = new Set(wide);
  }

  /**
   * An operand. Its base comes from the uniform record, so that equal instructions at different places share a
   * pipeline.
   */
  operand(view: View): Operand {
    const place = this.ctx.placeOf(view);
    const { space, base } = place;
    const start = this.param(base, `${view.buffer} ${view.offset}`);
    const isWide = () => this.wide.has(space);
    const at = (index: string) => {
      const word = `${start} + (${index})`;
      return isWide() ? `${space}[(${word}) >> 2u][(${word}) & 3u]` : `${space}[${word}]`;
    };
    const isInt = view.dtype === "int32";
    const get = (index: string) => (isInt ? `f32(bitcast<i32>(${at(index)}))` : `f(${at(index)})`);
    const wordOf = (value: string) => (isInt ? `bitcast<u32>(toInt(${value}))` : `u(${value})`);
    const components = ["x", "y", "z", "w"];
    return {
      raw: at,
      quad: (index) => `${space}[(${start} + (${index})) >> 2u]`,
      int: (index) => `bitcast<i32>(${at(index)})`,
      get,
      set: (index, value) => `${at(index)} = ${wordOf(value)};`,
      getFour: (index, isAligned) =>
        isAligned && isWide() && !isInt
          ? `bitcast<vec4<f32>>(${space}[(${start} + ${index}) >> 2u])`
          : `vec4<f32>(${components.map((_, c) => get(`${index} + ${c}u`)).join(", ")})`,
      setFour: (index, value) => {
        const words = components.map((component) => wordOf(`${value}.${component}`));
        return isWide()
          ? `${space}[(${start} + ${index}) >> 2u] = vec4<u32>(${words.join(", ")});`
          : words.map((word, c) => `${at(`${index} + ${c}u`)} = ${word};`).join(" ");
      },
      place,
    };
  }

  /** A u32 that is not part of the text. Gives the WGSL that reads it. @param key see {@link Part.keys}. */
  param(value: number, key: WordKey = Symbol()): string {
    const slot = this.params.push(value >>> 0) - 1;
    this.keys.push(key);
    return `prm[${slot >> 2}][${slot & 3}]`;
  }

  /** The whole text: see {@link shaderText}. */
  text(body: string, threads = groupSize): string {
    return shaderText(body, threads, (space) => (this.wide.has(space) ? "vec4<u32>" : "u32"));
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

/** A dispatch that runs statements for each `i` < count; a workgroup has as many of them as `each` says. */
function dispatchOf(
  ctx: Context,
  shader: Shader,
  count: number,
  each: 1 | typeof groupSize,
  body: string,
  declarations: string,
): Dispatch {
  const { groups, flat } = grid(Math.ceil(count / each), ctx.device);
  const index = each === 1 ? flat : `${flat} * ${each}u + l`;
  const main = mainCode(groupSize, `let i = ${index};\nif (i >= ${count}u) { return; }\n${body}`);
  return { code: shader.text(`${declarations}\n${main}`), params: shader.params, groups };
}

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
  const dispatch = dispatchOf(ctx, shader, count, groupSize, body, declarations);
  const rounds = Math.ceil(count / mergedThreads);
  const isSmall = rounds <= mostRounds && rounds * steps <= mostSteps;
  return [isSmall ? { ...dispatch, part: { body, declarations, count, keys: shader.keys } } : dispatch];
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
  return count === 0 ? [] : [dispatchOf(ctx, shader, count, 1, body, declarations)];
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

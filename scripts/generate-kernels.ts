/**
 * Writes the inner loops of `map` into assembly/generated/: the interpreter, made from the list of primitives, and a
 * fused loop for each known expression, those of the core module and those of the rest module; and
 * src/backends/wasm/generated/slots.ts, by which the backend finds kernels.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { hashOf, type KernelForm, kernelKeyOf, type Operand } from "../src/backends/wasm/kernel-key.ts";
import type { Expression } from "../src/ir/expression.ts";
import { arity, type Primitive } from "../src/ir/primitive.ts";
import { coreKernels, heapBase, restBase, restKernels, restPrimitives, restSlotOf } from "./kernel-slots.ts";

const root = new URL("..", import.meta.url);
const comparisons: ReadonlySet<string> = new Set<Primitive>(["equal", "notEqual", "less", "lessEqual"]);
/** Long functions that have a loop of their own over a tile, two vectors at a time. */
const arrays: ReadonlySet<string> = new Set<Primitive>(["exp"]);
const special: ReadonlySet<string> = new Set<Primitive>(restPrimitives);
const banner = "// Written by scripts/generate-kernels.ts: do not edit.\n";

/** Operations of the interpreter, by number; the first copies. */
const interpreted = ["", ...Object.keys(arity).filter((op) => !special.has(op))];

/**
 * The known expressions, each once. Those of the core module come first, and none of them calls what only the rest
 * module has. Two keys with one hash would run the wrong kernel, so that is an error.
 */
async function knownKernels(): Promise<Fused> {
  const { knownExpressions } = await import("./known-expressions.ts");
  const known = await knownExpressions();
  const kernels = new Map<string, KernelForm>();
  const formsOf = (expressions: readonly Expression[]) =>
    expressions.flatMap((expression) => {
      const form = kernelKeyOf(expression);
      const hash = hashOf(form.key);
      const other = kernels.get(hash);
      if (other && other.key !== form.key)
        throw new Error(`generate-kernels: "${form.key}" and "${other.key}" have one hash; change hashOf`);
      if (other || form.steps.length === 0) return [];
      kernels.set(hash, form);
      return [form];
    });
  const common = formsOf(known.common);
  const isRest = ({ steps }: KernelForm) => steps.some(({ op }) => special.has(op));
  const rare = formsOf(known.rare);
  return { core: common.filter((form) => !isRest(form)), rest: [...common.filter(isRest), ...rare] };
}

/**
 * AssemblyScript of the fused loop of one expression. Every input is read before any output is written, so it may run
 * in place.
 */
function fusedLoop({ key, steps, outputs, inputs, constants }: KernelForm, name: string): string {
  const slot = (index: number) => index * 8;
  const operand = ({ kind, index }: Operand) =>
    kind === "input" ? `x${index}` : kind === "constant" ? `c${index}` : `t${index}`;
  const isMask = ({ kind, index }: Operand) => kind === "step" && comparisons.has((steps[index] as { op: string }).op);
  const number = (x: Operand) => (isMask(x) ? `k.truth(${operand(x)})` : operand(x));
  const setup = [
    ...inputs.map(
      (_, i) => `  let p${i} = load<usize>(slots, ${slot(i)}); const s${i} = load<i32>(slots, ${slot(i) + 4});`,
    ),
    ...outputs.map((_, i) => `  let q${i} = load<usize>(slots, ${slot(inputs.length + i)});`),
    ...constants.map(
      (_, i) => `  const c${i} = v128.load(load<usize>(slots, ${slot(inputs.length + outputs.length + i)}));`,
    ),
  ];
  const body = [
    ...inputs.map((_, i) => `    const x${i} = v128.load(p${i});`),
    ...steps.map(({ op, args }, i) => {
      const condition = args[0] as Operand;
      const values =
        op === "select"
          ? [isMask(condition) ? operand(condition) : `k.mask(${operand(condition)})`, ...args.slice(1).map(number)]
          : args.map(number);
      return `    const t${i} = k.${op}(${values.join(", ")});`;
    }),
    ...outputs.map((output, i) => `    v128.store(q${i}, ${number(output)});`),
    ...inputs.map((_, i) => `    p${i} += s${i};`),
    ...outputs.map((_, i) => `    q${i} += 16;`),
  ];
  return [
    `/** ${key} */`,
    `export function ${name}(slots: usize, vectors: i32, code: usize): void {`,
    ...setup,
    "  for (; vectors > 0; --vectors) {",
    ...body,
    "  }",
    "}",
  ].join("\n");
}

/**
 * AssemblyScript of the interpreter. Code: the number of steps, then for each an operation (its place in the list of
 * operations; 0 copies; for those of the rest module its place in the table of functions) and the byte offsets in
 * `slots` of its target and three operands.
 */
function interpreter(): string {
  const cases = interpreted.map((op, index) => {
    const count = op === "" ? 1 : arity[op as Primitive];
    const loads = ["v128.load(a)", "v128.load(b)", "v128.load(c)"].slice(0, count);
    if (op === "select") loads[0] = "k.mask(v128.load(a))";
    if (arrays.has(op)) return `      case ${index}:\n        k.${op}All(target, end, a, aStep);\n        break;`;
    const call = op === "" ? (loads[0] as string) : `k.${op}(${loads.join(", ")})`;
    const steps = ["a += aStep", "b += bStep", "c += cStep"].slice(0, count).join(", ");
    return `      case ${index}:\n        for (; target < end; target += 16, ${steps}) v128.store(target, ${comparisons.has(op) ? `k.truth(${call})` : call});\n        break;`;
  });
  return `export function interpret(slots: usize, vectors: i32, code: usize): void {
  const end0 = code + 4 + load<i32>(code) * 20;
  for (code += 4; code < end0; code += 20) {
    let target = load<usize>(slots + load<i32>(code, 4));
    const end = target + (vectors << 4);
    let slot = slots + load<i32>(code, 8);
    let a = load<usize>(slot); const aStep = load<i32>(slot, 4);
    slot = slots + load<i32>(code, 12);
    let b = load<usize>(slot); const bStep = load<i32>(slot, 4);
    slot = slots + load<i32>(code, 16);
    let c = load<usize>(slot); const cStep = load<i32>(slot, 4);
    switch (load<i32>(code)) {
${cases.join("\n")}
      default:
        call_indirect<void>(load<i32>(code), target, end, a, aStep, b, bStep);
    }
  }
}`;
}

function write(path: string, text: string): void {
  const url = new URL(path, root);
  mkdirSync(new URL(".", url), { recursive: true });
  writeFileSync(url, banner + text);
}

/** The fused kernels of each module. */
interface Fused {
  readonly core: readonly KernelForm[];
  readonly rest: readonly KernelForm[];
}

/** Writes the numbers by which the backend knows kernels; for each module a file, because it is loaded with it. */
function writeSlots({ core, rest }: Fused): void {
  const hashesOf = (forms: readonly KernelForm[]) => forms.map(({ key }) => hashOf(key));
  const object = (names: readonly string[], base: number) =>
    JSON.stringify(Object.fromEntries(names.map((name, index) => [name, base + index])));
  const first = { core: 1 + coreKernels.length, rest: restBase + restKernels.length };
  write(
    "src/backends/wasm/generated/core-slots.ts",
    `/** Places of kernels in the table of functions. */
export const coreSlots = ${object(coreKernels, 1)} as const;
/** Numbers of the interpreter's operations. */
export const operations: Readonly<Record<string, number>> = ${object(interpreted, 0)};
/** Hashes of the keys of fused kernels, 8 characters each; the first has the place \`firstFused\`. */
export const fusedHashes: string = "${hashesOf(core).join("")}";
export const firstFused = ${first.core};
/** The first 3 characters of the hashes of the rest module's: what may be one of those. */
export const restHints: string = "${hashesOf(rest)
      .map((hash) => hash.slice(0, 3))
      .join(" ")}";
/** Places in the table, and where in memory the modules' own data end. */
export const tableSize = ${first.rest + rest.length};
export const heapBase = ${heapBase};
`,
  );
  write(
    "src/backends/wasm/generated/rest-slots.ts",
    `/** As core-slots.ts, for the rest module. */
export const restSlots = ${object(restKernels, restBase)} as const;
/** What the interpreter calls through the table. */
export const restOperations: Readonly<Record<string, number>> = ${JSON.stringify(
      Object.fromEntries(restPrimitives.map((op) => [op, restSlotOf(`${op}All`)])),
    )};
export const restHashes: string = "${hashesOf(rest).join("")}";
export const firstRest = ${first.rest};
`,
  );
  write("assembly/generated/slots.ts", `export const PACK_PATCH_BLOCK: u32 = ${restSlotOf("packPatchBlock")};\n`);
}

/** Writes all files; gives the number of fused kernels in each module. */
export async function generateKernels(): Promise<{ core: number; rest: number }> {
  const { core, rest } = await knownKernels();
  const loops = (kernels: readonly KernelForm[], name: string) =>
    kernels.map((kernel, i) => fusedLoop(kernel, `${name}Fused${i}`)).join("\n\n");
  write("assembly/generated/interpreter.ts", `import * as k from "../primitives";\n\n${interpreter()}\n`);
  write("assembly/generated/fused-core.ts", `import * as k from "../primitives";\n\n${loops(core, "core")}\n`);
  write("assembly/generated/fused-rest.ts", `import * as k from "../rest-primitives";\n\n${loops(rest, "rest")}\n`);
  writeSlots({ core, rest });
  return { core: core.length, rest: rest.length };
}

// What lists the expressions compiles models, and so may load the backend, which reads the numbers: on a fresh checkout
// it finds those of no kernels.
if (!existsSync(new URL("src/backends/wasm/generated/core-slots.ts", root))) writeSlots({ core: [], rest: [] });

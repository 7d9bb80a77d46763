/**
 * Writes assembly/generated/inners.ts, the inner loops of `map`: the interpreter, made from the list of primitives, and
 * a fused loop for each known expression; and src/backends/wasm/generated/kernels.ts, by which the loader finds them.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { hashOf, type KernelForm, kernelKeyOf, type Operand } from "../src/backends/wasm/kernel-key.ts";
import { arity, type Primitive } from "../src/ir/primitive.ts";
import { knownExpressions } from "./known-expressions.ts";

const root = new URL("..", import.meta.url);
const comparisons: ReadonlySet<string> = new Set<Primitive>(["equal", "notEqual", "less", "lessEqual"]);
/** Long functions that have a loop of their own over a tile, two vectors at a time. */
const arrays: ReadonlySet<string> = new Set<Primitive>(["exp", "erfinv"]);
const banner = "// Written by scripts/generate-kernels.ts: do not edit.\n";

/** The known expressions, each once. Two keys with one hash would run the wrong kernel, so that is an error. */
export async function knownKernels(): Promise<KernelForm[]> {
  const kernels = new Map<string, KernelForm>();
  for (const expression of await knownExpressions()) {
    const form = kernelKeyOf(expression);
    if (form.steps.length === 0) continue;
    const hash = hashOf(form.key);
    const other = kernels.get(hash);
    if (other && other.key !== form.key)
      throw new Error(`generate-kernels: "${form.key}" and "${other.key}" have one hash; change hashOf`);
    kernels.set(hash, form);
  }
  return [...kernels.values()];
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
    `function ${name}(slots: usize, vectors: i32, code: usize): void {`,
    ...setup,
    "  for (; vectors > 0; --vectors) {",
    ...body,
    "  }",
    "}",
  ].join("\n");
}

/**
 * AssemblyScript of the interpreter. Code: the number of steps, then for each an operation (its place in the list of
 * primitives, counted from 1; 0 copies) and the byte offsets in `slots` of its target and three operands.
 */
function interpreter(): string {
  const operations: [string, number][] = [["", 1], ...(Object.entries(arity) as [string, number][])];
  const cases = operations.map(([op, count], index) => {
    const loads = ["v128.load(a)", "v128.load(b)", "v128.load(c)"].slice(0, count);
    if (op === "select") loads[0] = "k.mask(v128.load(a))";
    if (arrays.has(op)) return `      case ${index}:\n        k.${op}All(target, end, a, aStep);\n        break;`;
    const call = op === "" ? (loads[0] as string) : `k.${op}(${loads.join(", ")})`;
    const steps = ["a += aStep", "b += bStep", "c += cStep"].slice(0, count).join(", ");
    return `      case ${index}:\n        for (; target < end; target += 16, ${steps}) v128.store(target, ${comparisons.has(op) ? `k.truth(${call})` : call});\n        break;`;
  });
  return `function interpret(slots: usize, vectors: i32, code: usize): void {
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
    }
  }
}`;
}

function write(path: string, text: string): void {
  const url = new URL(path, root);
  mkdirSync(new URL(".", url), { recursive: true });
  writeFileSync(url, banner + text);
}

/** Writes both files and gives the number of fused kernels. */
export async function generateKernels(): Promise<number> {
  const kernels = await knownKernels();
  const names = kernels.map((_, i) => `fused${i + 1}`);
  const loops = kernels.map((kernel, i) => fusedLoop(kernel, names[i] as string));
  const table = `type Inner = (slots: usize, vectors: i32, code: usize) => void;\n\nexport const inners: StaticArray<Inner> = [interpret, ${names.join(", ")}];\n`;
  write(
    "assembly/generated/inners.ts",
    `import * as k from "../primitives";\n\n${interpreter()}\n\n${loops.join("\n\n")}\n\n${table}`,
  );
  const hashes = kernels.map(({ key }) => hashOf(key)).join("");
  write(
    "src/backends/wasm/generated/kernels.ts",
    `/** Hashes of the keys of fused kernels; the first is number 1 in \`inners\`. */\nexport const fusedKernels: string = ${JSON.stringify(hashes)};\n`,
  );
  return kernels.length;
}

if (import.meta.filename === process.argv[1]) console.log(`${await generateKernels()} fused kernels`);

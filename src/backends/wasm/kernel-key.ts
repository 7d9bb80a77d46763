import type { Expression } from "../../ir/expression.ts";
import type { Primitive } from "../../ir/primitive.ts";

/** What a step of an expression reads: an input, a constant, or the result of a step before it. */
export interface Operand {
  readonly kind: "input" | "constant" | "step";
  readonly index: number;
}

/**
 * An expression in the form by which kernels are known: steps in the order in which the outputs need them, inputs
 * numbered by first use, and every use of a constant a parameter of its own, so that elu's kernel serves any alpha.
 */
export interface KernelForm {
  /** Equal for expressions that one kernel can run. */
  readonly key: string;
  readonly steps: readonly { readonly op: Primitive; readonly args: readonly Operand[] }[];
  readonly outputs: readonly Operand[];
  /** Which input of the instruction is at each place. */
  readonly inputs: readonly number[];
  readonly constants: readonly number[];
}

/** Brings an expression into canonical form. */
export function kernelKeyOf({ nodes, outputs }: Expression): KernelForm {
  const steps: { op: Primitive; args: readonly Operand[] }[] = [];
  const inputs: number[] = [];
  const constants: number[] = [];
  const done = new Map<number, Operand>();
  const visit = (index: number): Operand => {
    const known = done.get(index);
    if (known) return known;
    const node = nodes[index];
    if (!node) throw new RangeError(`expression: node ${index} is missing`);
    if (node.op === "constant") return { kind: "constant", index: constants.push(node.value) - 1 };
    let operand: Operand;
    if (node.op === "input") {
      const place = inputs.indexOf(node.index);
      operand = { kind: "input", index: place >= 0 ? place : inputs.push(node.index) - 1 };
    } else {
      const args = node.args.map(visit);
      operand = { kind: "step", index: steps.push({ op: node.op, args }) - 1 };
    }
    done.set(index, operand);
    return operand;
  };
  const results = outputs.map(visit);
  const key = `${steps.map(({ op, args }) => `${op} ${args.map(name).join(" ")}`).join(";")}>${results.map(name).join(" ")}`;
  return { key, steps, outputs: results, inputs, constants };
}

const forms = /* @__PURE__ */ new WeakMap<Expression, KernelForm & { readonly hash: string }>();

/** The canonical form of an expression and the hash of its key, worked out once. */
export function formOf(expression: Expression): KernelForm & { readonly hash: string } {
  let form = forms.get(expression);
  if (!form) {
    const fresh = kernelKeyOf(expression);
    form = { ...fresh, hash: hashOf(fresh.key) };
    forms.set(expression, form);
  }
  return form;
}

const name = ({ kind, index }: Operand): string => kind[0] + String(index);

/**
 * 41 bits of a key (of cyrb53's 53), in base 36: what the table of generated kernels holds instead of the keys, each in
 * 8 characters.
 */
export function hashOf(key: string): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36).padStart(8, "0").slice(-8);
}

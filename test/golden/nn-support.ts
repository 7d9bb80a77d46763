import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { webgpu } from "../../src/backends/webgpu/index.ts";
import type { DType } from "../../src/ir/dtype.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

export type GoldenValue = number | "NaN" | "Infinity" | "-Infinity";

export interface GoldenTensor {
  shape: number[];
  data: GoldenValue[];
}

/** The cases of one family. */
export function golden<Case>(family: string): Case[] {
  return (JSON.parse(readFileSync(new URL(`./data/${family}.json`, import.meta.url), "utf8")) as { cases: Case[] })
    .cases;
}

/** A golden tensor as a constant; whole numbers are float32 unless said otherwise. */
export function load({ shape, data }: GoldenTensor, dtype: DType = "float32"): Tensor {
  const numbers = data.map(Number);
  return tensor(dtype === "int32" ? Int32Array.from(numbers) : Float64Array.from(numbers), shape);
}

/** The reference backend, in float32 as Keras; with GOLDEN_BACKEND=wasm or webgpu in the environment, that one. */
export const backend: Backend = await backendOf(process.env.GOLDEN_BACKEND);

async function backendOf(name: string | undefined): Promise<Backend> {
  if (name === "wasm") return wasm();
  return name === "webgpu" ? webgpu() : js();
}

/** Values of tensors. */
export async function values(...tensors: Tensor[]): Promise<number[][]> {
  return (await evaluate(tensors, backend)).map((data) => Array.from(data));
}

/**
 * Each number within `tolerance` of the largest finite number of the expected ones (and of `least`); NaN and infinities
 * exactly.
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: GoldenTensor | GoldenValue,
  tolerance: number,
  what = "",
  least = 1e-3,
): void {
  const wanted = (typeof expected === "object" ? expected.data : [expected]).map(Number);
  const scale = Math.max(least, ...wanted.filter(Number.isFinite).map(Math.abs));
  expect(actual.length, `${what}: number of values`).toBe(wanted.length);
  wanted.forEach((want, index) => {
    const got = actual[index] as number;
    const fits = Number.isFinite(want) ? Math.abs(got - want) <= tolerance * scale : Object.is(got, want);
    if (!fits) expect.fail(`${what}[${index}]: expected ${want}, received ${got} (scale ${scale})`);
  });
}

/** How a case is called in the list of tests. */
export function titleOf(name: string, config: object, note?: string): string {
  return `${name} ${JSON.stringify(config)}${note ? `: ${note}` : ""}`;
}

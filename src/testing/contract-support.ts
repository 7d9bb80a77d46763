// Small programs and checks that the conformance cases of the contract share.
import type { Executable } from "../backends/backend.ts";
import { AreteError } from "../errors.ts";
import type { NumericArray, TypedArray } from "../ir/dtype.ts";
import type { BufferSpec, Program } from "../ir/program.ts";
import { compareClose } from "./allClose.ts";
import { addition, viewOf } from "./programs.ts";

const spec = (kind: BufferSpec["kind"], more: Partial<BufferSpec> = {}): BufferSpec => ({
  kind,
  dtype: "float32",
  size: 5,
  ...more,
});
const view = (buffer: number) => viewOf(buffer, [5]);

/** output = x + y. */
const plus = (x: number, y: number, output: number) => addition(view(x), view(y), view(output));

/** first = x + ones, in the place of x; second = first + first; total ← total + second; the result is second. */
export const accumulate: Program = {
  buffers: [
    spec("input", { name: "features" }),
    spec("constant", { data: Float32Array.of(1, 1, 1, 1, 1) }),
    spec("temporary"),
    spec("temporary"),
    spec("variable", { name: "total" }),
    spec("input", { name: "labels", dtype: "int32", size: 2 }),
    spec("temporary", { dtype: "int32", size: 2 }),
  ],
  instructions: [
    plus(0, 1, 2),
    plus(2, 2, 3),
    plus(4, 3, 4),
    { kind: "copy", input: viewOf(5, [2], { dtype: "int32" }), output: viewOf(6, [2], { dtype: "int32" }) },
  ],
  inputs: { features: view(0), labels: viewOf(5, [2], { dtype: "int32" }) },
  outputs: { second: view(3), copied: viewOf(6, [2], { dtype: "int32" }) },
  variables: [4],
};

/**
 * Another program on the same variable: doubled = total + total, at a place of the arena that the first uses for its
 * input.
 */
export const double: Program = {
  buffers: [spec("variable", { name: "total" }), spec("temporary")],
  instructions: [plus(0, 0, 1)],
  inputs: {},
  outputs: { doubled: view(1) },
  variables: [0],
};

/** One output of the run before. */
export const outputOf = async (executable: Executable, name: string): Promise<TypedArray> =>
  (await executable.read([name]))[name] as TypedArray;

/** Throws unless the numbers are equal. */
export function same(actual: NumericArray, expected: NumericArray): void {
  const { close, report } = compareClose(actual, expected, { rtol: 0, atol: 0 });
  if (!close) throw new AreteError(report);
}

/** The action throws an AreteError. */
export function refuses(what: string, action: () => unknown): void {
  let error: unknown;
  try {
    action();
  } catch (thrown) {
    error = thrown;
  }
  checkRefused(what, error);
}

/** The action throws an AreteError, or gives a promise that rejects with one; gives the error. */
export async function rejects(what: string, action: () => unknown): Promise<unknown> {
  let error: unknown;
  try {
    await action();
  } catch (thrown) {
    error = thrown;
  }
  checkRefused(what, error);
  return error;
}

function checkRefused(what: string, error: unknown): void {
  if (error instanceof AreteError) return;
  throw new AreteError(
    `conformance: ${what} must be refused${error ? " with an AreteError" : ""}. Expected an AreteError, received ${error ?? "none"}.`,
  );
}

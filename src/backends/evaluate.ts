import { type CompiledGraph, compile } from "../compiler/compile.ts";
import { stateError } from "../errors.ts";
import type { TypedArray } from "../ir/dtype.ts";
import { checkList } from "../ir/shape.ts";
import { constantData } from "../tensor/ops/index.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Backend, Executable } from "./backend.ts";
import { backendHolding, place } from "./placement.ts";
import { isWasmSupported, wasm } from "./wasm/index.ts";

export { type Reclaimable, registerReclaimable } from "./pressure.ts";

let standard: Promise<Backend> | undefined;
let made: Backend | undefined;

/**
 * The backend for whoever names none: wasm, loaded on first need; where WASM SIMD is missing js, with one warning. One
 * that could not be made is tried again at the next call, and one that was disposed of is replaced.
 */
export function defaultBackend(): Promise<Backend> {
  if (made?.disposed) standard = made = undefined;
  standard ??= makeDefault().then(
    (backend) => {
      made = backend;
      return backend;
    },
    (error) => {
      standard = undefined;
      throw error;
    },
  );
  return standard;
}

async function makeDefault(): Promise<Backend> {
  if (isWasmSupported()) return wasm();
  console.warn("aretejs: this runtime has no WebAssembly SIMD; training runs in plain JavaScript, many times slower.");
  return (await import("./js/index.ts")).js();
}

/**
 * Gives variables a home on a backend (default: where they are, else the default backend). Initial tensors are
 * evaluated there, all in one run; variables that another backend holds move.
 *
 * All or none: where it throws, every variable is as it was. Values assigned meanwhile are kept. Calls for the same
 * variables wait for each other.
 * @throws OutOfMemoryError where the backend has no room; StateError for values that were on a backend that was
 * disposed of.
 */
export async function placeVariables(variables: readonly Variable[], backend?: Backend): Promise<void> {
  await place(variables, () => backend ?? backendHolding(variables) ?? defaultBackend());
}

/**
 * Settles a compiled graph's variables on the backend and loads its program there. Where it throws, nothing has
 * changed.
 * @param use gets the program in the same tick as it is loaded, when its variables are where it reads them: later,
 * other calls may have moved them.
 */
export async function bind<T = Executable>(
  { program, variables }: CompiledGraph,
  backend: Backend,
  use: (executable: Executable) => T | Promise<T> = (executable) => executable as T,
): Promise<T> {
  return place(variables, () => backend, { program, variables, use });
}

/**
 * Compiles, runs and reads tensors.
 * @throws StateError where a tensor depends on a placeholder, which has no value here.
 */
export async function evaluate(tensors: readonly Tensor[], backend?: Backend): Promise<TypedArray[]> {
  const outputs = Object.fromEntries(
    checkList("evaluate", "what is computed", tensors).map((tensor, index) => [String(index), tensor]),
  );
  const { program, variables } = compile({ outputs });
  const [free] = Object.keys(program.inputs);
  if (free !== undefined) {
    throw stateError("data", {
      rule: "a tensor made from placeholders has no value by itself",
      expected: "a graph of constants and variables",
      received: `placeholder "${free}"`,
      advice: "Compile it and write its inputs.",
    });
  }
  if (!backend && tensors.every((tensor) => constantData(tensor) !== undefined))
    return tensors.map((tensor) => (constantData(tensor) as TypedArray).slice());
  return place(variables, () => backend ?? backendHolding(variables) ?? defaultBackend(), {
    program,
    variables,
    async use(executable) {
      try {
        executable.run();
        // All reads begin in the tick of the run: another program would write over what has not been read.
        return await Promise.all(tensors.map((_, index) => executable.output(String(index)).read()));
      } finally {
        executable.dispose();
      }
    },
  });
}

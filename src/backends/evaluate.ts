import { compileOnDemand } from "../compiler/compile-on-demand.ts";
import type { CompiledGraph } from "../compiler/compile-with.ts";
import { reachable, variablesIn } from "../compiler/graph.ts";
import { stateError } from "../errors.ts";
import type { TypedArray } from "../ir/dtype.ts";
import { checkList } from "../ir/shape.ts";
import { asTensor, constantData } from "../tensor/ops/leaf.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Backend, Executable } from "./backend.ts";
import { endOf } from "./loss.ts";
import { backendHolding, type Loading, place } from "./placement.ts";
import { isWasmSupported, wasm } from "./wasm/index.ts";

export { type Reclaimable, registerReclaimable } from "./pressure.ts";

let standard: Promise<Backend> | undefined;
let made: Backend | undefined;

/**
 * The backend where the caller names none: wasm, loaded on first need; where WASM SIMD is missing js, with one warning.
 * One that could not be made is tried again at the next call; one that was disposed of or lost its device is replaced.
 */
export async function defaultBackend(): Promise<Backend> {
  return standardBackend();
}

/** As {@link defaultBackend}: a promise only until it is made. */
export function standardBackend(): Backend | Promise<Backend> {
  if (made && endOf(made)) standard = made = undefined;
  if (made) return made;
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
 * Puts variables on a backend (default: where they are, else the default backend). Initial tensors are evaluated there,
 * all in one run; variables that another backend holds move.
 *
 * All or none: where it throws, every variable is as it was. Values assigned meanwhile are kept. Calls for the same
 * variables wait for each other.
 * @throws OutOfMemoryError where the backend has no room; StateError for values that were on a backend that was
 * disposed of.
 */
export async function placeVariables(variables: readonly Variable[], backend?: Backend): Promise<void> {
  await place(variables, () => backend ?? backendHolding(variables) ?? standardBackend());
}

/**
 * Puts a compiled graph's variables on the backend and loads its program there. Where it throws, nothing has changed.
 * @param use gets the program in the tick in which its variables are where it reads them: later, other calls may have
 * moved them.
 */
export async function bind<T = Executable>(
  { program, variables }: CompiledGraph,
  backend: Backend,
  use: (executable: Executable) => T | Promise<T> = (executable) => executable as T,
): Promise<T> {
  return place(
    variables,
    () => backend,
    () => ({ program, variables, use }),
  );
}

/**
 * Compiles, runs and reads tensors.
 * @throws StateError where a tensor depends on a placeholder, which has no value here.
 */
export async function evaluate(tensors: readonly Tensor[], backend?: Backend): Promise<TypedArray[]> {
  const roots = checkList("evaluate", "what is computed", tensors).map(asTensor);
  const free = reachable(roots).find(({ op }) => op.name === "input");
  if (free) {
    throw stateError("data", {
      rule: "a tensor made from placeholders has no value by itself",
      expected: "a graph of constants and variables",
      received: `placeholder "${(free.attrs as { name: string }).name}"`,
      advice: "Compile it and write its inputs; within jit and trainStep compute with ops.",
    });
  }
  if (!backend && roots.every((tensor) => constantData(tensor) !== undefined))
    return roots.map((tensor) => (constantData(tensor) as TypedArray).slice());
  const variables = variablesIn(roots);
  const names = roots.map((_, index) => String(index));
  const outputs = Object.fromEntries(names.map((name, index) => [name, roots[index] as Tensor]));
  const chosen = () => backend ?? backendHolding(variables) ?? standardBackend();
  const loading = (graph: CompiledGraph): Loading<TypedArray[]> => ({
    ...graph,
    async use(executable) {
      try {
        executable.run();
        // In the tick of the run: another program would write over what has not been read.
        const found = await executable.read(names);
        return names.map((name) => found[name] as TypedArray);
      } finally {
        executable.dispose();
      }
    },
  });
  return place(variables, chosen, ({ limits }) => {
    const compiled = compileOnDemand({ outputs }, limits);
    return compiled instanceof Promise ? compiled.then(loading) : loading(compiled);
  });
}

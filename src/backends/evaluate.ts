import { type CompiledGraph, compile } from "../compiler/compile.ts";
import { stateError } from "../errors.ts";
import type { NumericArray, TypedArray } from "../tensor/dtype.ts";
import { constantData, fill } from "../tensor/ops/index.ts";
import { checkList, sizeOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Home, Variable } from "../tensor/variable.ts";
import type { Backend, Executable, Storage } from "./backend.ts";
import { isWasmSupported, wasm } from "./wasm/index.ts";

let standard: Promise<Backend> | undefined;

/** The backend for whoever names none: wasm, loaded on first need; where WASM SIMD is missing js, with one warning. */
export function defaultBackend(): Promise<Backend> {
  standard ??= (async () => {
    if (isWasmSupported()) return wasm();
    console.warn("aretejs: this runtime has no WebAssembly SIMD; training runs in plain JavaScript, many times slower.");
    return (await import("../fallback.ts")).js();
  })();
  return standard;
}

/** Values of a variable while a backend holds them. */
class Residence implements Home {
  constructor(readonly storage: Storage) {}

  read(): Promise<TypedArray> {
    return this.storage.backend.read(this.storage);
  }

  write(data: NumericArray): void {
    this.storage.backend.write(this.storage, data);
  }

  free(): void {
    this.storage.backend.free(this.storage);
  }
}

/** Storage of variables that were collected goes back to their backend: not prompt, but nothing is lost for good. */
const abandoned = /* @__PURE__ */ new FinalizationRegistry<Residence>((residence) => residence.free());

/**
 * Gives variables a home on a backend (default: where they are, else the default backend). Initial tensors are evaluated there, all in
 * one run; variables that another backend holds move.
 */
export async function settle(variables: readonly Variable[], backend?: Backend): Promise<void> {
  const target = backend ?? (await backendOf(variables));
  const graphs: [Variable, Tensor][] = [];
  for (const variable of variables) {
    const home = variable.home as Residence | undefined;
    if (home?.storage.backend === target) continue;
    const { initial } = variable;
    const residence = new Residence(target.allocate({ size: sizeOf(variable.shape), dtype: variable.dtype }));
    if (home) {
      residence.write(await home.read());
      home.free();
      abandoned.unregister(variable);
    } else if (initial instanceof Tensor) graphs.push([variable, initial]);
    else if (typeof initial !== "number") residence.write(initial);
    else if (initial !== 0) graphs.push([variable, fill(variable.shape, initial)]);
    variable.home = residence;
    abandoned.register(variable, residence, variable);
  }
  if (graphs.length === 0) return;
  const executable = await bind(compile({ outputs: {}, updates: graphs }), target);
  executable.run();
  executable.dispose();
  // The graphs have done their work; what they hold can be collected.
  for (const [variable] of graphs) variable.initial = 0;
}

/** Settles a compiled graph's variables on the backend and loads its program there. */
export async function bind({ program, variables }: CompiledGraph, backend: Backend): Promise<Executable> {
  await settle(variables, backend);
  return backend.load(
    program,
    variables.map((variable) => (variable.home as Residence).storage),
  );
}

/**
 * Compiles, runs and reads tensors.
 * @throws StateError where a tensor depends on a placeholder, which has no value here.
 */
export async function evaluate(tensors: readonly Tensor[], backend?: Backend): Promise<TypedArray[]> {
  const outputs = Object.fromEntries(checkList("evaluate", "what is computed", tensors).map((tensor, index) => [String(index), tensor]));
  const graph = compile({ outputs });
  const [free] = Object.keys(graph.program.inputs);
  if (free !== undefined) {
    throw stateError("data", {
      rule: "a tensor made from placeholders has no value by itself",
      expected: "a graph of constants and variables",
      received: `placeholder "${free}"`,
      advice: "Compile it and write its inputs.",
    });
  }
  if (!backend && tensors.every((tensor) => constantData(tensor) !== undefined)) return tensors.map((tensor) => (constantData(tensor) as TypedArray).slice());
  const executable = await bind(graph, backend ?? (await backendOf(graph.variables)));
  try {
    executable.run();
    return await Promise.all(tensors.map((_, index) => executable.output(String(index)).read()));
  } finally {
    executable.dispose();
  }
}

/** The backend that holds the first of these that is held; the default one otherwise. */
async function backendOf(variables: readonly Variable[]): Promise<Backend> {
  const held = variables.find((variable) => variable.home)?.home as Residence | undefined;
  return held?.storage.backend ?? defaultBackend();
}

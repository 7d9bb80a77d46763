import { valueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { tensor } from "../tensor/ops/leaf.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { FunctionRecording, type LoopContext } from "./loop-context.ts";
import { RecordedFunction, type RecordedOptions } from "./recorded-function.ts";
import type { Given } from "./structure.ts";

/** What {@link jit} gives: takes arrays in place of tensors, and gives evaluated tensors. */
export interface Jitted<Args extends readonly unknown[], Result> {
  (...args: Args): Promise<Result>;
  /** Of the random numbers that are drawn in it. */
  readonly seed: number;
  /** Frees its programs at once; a further call makes them again. They are also freed when nobody holds it any more. */
  dispose(): void;
}

/** The arguments of a call: those of the function, but the context. */
export type GivenArguments<Args extends readonly unknown[]> = Args extends readonly [...infer First, LoopContext]
  ? { readonly [K in keyof First]: Given<First[K]> }
  : { readonly [K in keyof Args]: Given<Args[K]> };

/**
 * A function of tensors that is recorded once for each structure, shapes and dtypes of its arguments and then replayed
 * as one program.
 *
 * - Arguments: arrays in any form (tensors, typed or nested arrays, numbers, `{ data, shape }`), and records
 *   and lists of them. Integer arrays are int32, all others float32. None is a constant of the program: another number
 *   needs no recording.
 * - Results: a tensor, or records and lists of tensors; they come back evaluated.
 * - Variables have the values of the time of the call. `ctx.update(variable, value)` sets one at the end of the run.
 * - Layers and models are used with `layer.apply(x, ctx)`, in inference. Layers that are in no model are built then.
 * - Random numbers come from `ctx.random()`: new ones at each call, the same for the same seed and number of the call.
 *
 * The context comes behind the arguments; in TypeScript write its type: `jit((x: Tensor, ctx: LoopContext) => …)`.
 * Calls that overlap run one after another. Whatever `f` does besides recording happens only when it is recorded.
 * @throws ValueError, from the call, where an argument or result holds what is no array or tensor.
 * @example const f = jit((x, w) => ops.tanh(ops.matmul(x, w))); const y = await f([[1, 2]], [[3], [4]]);
 */
export function jit<Args extends readonly Tensor[], Result>(
  f: (...args: Args) => Result,
  options?: RecordedOptions,
): Jitted<GivenArguments<Args>, Result>;
export function jit<Args extends readonly unknown[], Result>(
  f: (...args: Args) => Result,
  options?: RecordedOptions,
): Jitted<GivenArguments<Args>, Result>;
export function jit(f: (...args: never[]) => unknown, given: RecordedOptions = {}): Jitted<never[], unknown> {
  if (typeof f !== "function")
    throw valueError("jit", { rule: "takes a function", expected: "(x) => ops.tanh(x), for example", received: f });
  const label = f.name ? `jit of ${f.name}` : "jit";
  const recorded = new RecordedFunction(label, checkOptions(label, given, { backend: "object", seed: "number" }));
  let calls = 0;
  const call = (...args: never[]) =>
    recorded.run(
      args,
      (index) => `argument ${index + 1} of ${label}`,
      () => ({
        mode: "",
        step: calls,
        scalarNames: [],
        scalar: () => 0,
        record: (placeholders, key) => {
          const ctx = new FunctionRecording(recorded.seed, { training: false, key });
          const result = f(...(placeholders as never[]), ctx as never);
          return { result, updates: [...ctx.updates] };
        },
        valueOf: (data, shape) => tensor(data, shape),
        done: () => {
          calls++;
        },
      }),
    );
  return Object.assign(call, { seed: recorded.seed, dispose: () => recorded.dispose() });
}

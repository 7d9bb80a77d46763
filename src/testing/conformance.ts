// The conformance suite: the tests that a backend has to pass.
import type { Backend } from "../backends/backend.ts";
import { js } from "../backends/js/index.js";
import { AreteError } from "../errors.ts";
import type { TypedArray } from "../ir/dtype.ts";
import type { InstructionKind } from "../ir/instruction.ts";
import { compareClose } from "./allClose.ts";
import { contractCases } from "./contract.ts";
import { type ConformanceHooks, laterCases } from "./contract-later.ts";
import { runInstructions } from "./programs.ts";
import { trials } from "./trials/index.ts";
import type { Trial } from "./trials/setting.ts";

/** One test, for any runner. */
export interface ConformanceCase {
  /** Unique within the suite, for example `matmul: [1, 5, 8] plain · [1, 8, 8] transposed`. */
  readonly name: string;
  /** Rejects with an AreteError that says what differs. */
  run(): Promise<void>;
}

/**
 * The conformance suite: what a backend must do to run aretejs. Every kind of instruction is held against the reference
 * (js in float64), over layouts, places, empty shapes and special values; then the contract of {@link Backend} itself.
 *
 * The whole memory is compared after each instruction, so what is written in wrong places is found too. Float results
 * are compared after rounding to float32, so that what overflows there counts as infinite.
 * @param hooks what the suite cannot make happen by itself: another backend to end, a device that is lost or fails.
 * @example for (const { name, run } of conformance(await myBackend())) it(name, run);
 */
export function conformance<B extends Backend>(backend: B, hooks: ConformanceHooks<B> = {}): ConformanceCase[] {
  const reference = js({ precision: "float64" });
  const instructions = (Object.keys(trials) as InstructionKind[]).flatMap((kind) => {
    const list: readonly Trial[] = trials[kind]();
    return list.map(
      (trial): ConformanceCase => ({ name: `${kind}: ${trial.label}`, run: () => hold(backend, reference, trial) }),
    );
  });
  return [...instructions, ...contractCases(backend), ...laterCases(backend, hooks)];
}

async function hold(
  backend: Backend,
  reference: Backend,
  { label, arrays, instruction, rtol = 0, atol = 0 }: Trial,
): Promise<void> {
  const actual = await runInstructions(backend, arrays, [instruction]);
  const expected = await runInstructions(reference, arrays, [instruction]);
  actual.forEach((data, buffer) => {
    const wanted = expected[buffer] as TypedArray;
    const { close, report } =
      wanted instanceof Int32Array
        ? compareClose(data, wanted, { rtol: 0, atol: 0 })
        : compareClose(Float32Array.from(data), Float32Array.from(wanted), { rtol, atol });
    if (!close)
      throw new AreteError(`${backend.name}: ${instruction.kind} ${label}: buffer ${buffer} is off. ${report}`);
  });
}

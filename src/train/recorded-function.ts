import type { Backend } from "../backends/backend.ts";
import { standardBackend } from "../backends/evaluate.ts";
import { backendHolding } from "../backends/placement.ts";
import { checkSeed } from "../checks.ts";
import type { CompileOptions } from "../compiler/compile-with.ts";
import { variablesIn } from "../compiler/graph.ts";
import { drawSeed } from "../data/rng.ts";
import type { TypedArray } from "../ir/dtype.ts";
import type { Shape } from "../ir/shape.ts";
import { after, settle } from "../settle.ts";
import { placeholder } from "../tensor/ops/leaf.ts";
import { randomKey, setStep } from "../tensor/ops/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { computed } from "./computed.ts";
import { OperationQueue } from "./operation-queue.ts";
import { checkBackend } from "./options.ts";
import { type BoundProgram, ProgramCache } from "./program-cache.ts";
import { type Arguments, inputName, outline, placeholdersFor, type Rebuild, toArguments } from "./structure.ts";
import { Yielder } from "./yield.ts";

/** Options that `jit` and `trainStep` share. */
export interface RecordedOptions {
  /** Where it runs. Default: where its variables are, else the default backend (wasm). */
  backend?: Backend;
  /** Of random numbers, an integer in [0, 2^53). Default drawn; `seed` of the function has it. */
  seed?: number;
}

/** What a recording gives: a result with tensors as leaves, and new values of variables. */
export interface Recorded {
  readonly result: unknown;
  readonly updates: readonly (readonly [Variable, Tensor])[];
}

/** One call of a {@link RecordedFunction}. */
export interface RecordedCall {
  /** Tells apart programs for the same arguments. */
  readonly mode: string;
  /** At which step random numbers are drawn. */
  readonly step: number;
  /** Names of inputs that are numbers, and their values in this run. Those that the program lacks are passed over. */
  readonly scalarNames: readonly string[];
  scalar(name: string): number;
  /** Records the maths. `args` have placeholders as leaves; `key` is the random key. */
  record(args: readonly unknown[], key: Tensor): Recorded;
  /** Makes a value of the result from what was read. */
  valueOf(data: TypedArray, shape: Shape): unknown;
  /** Called after the run, before anything is awaited. */
  done(): void;
}

const keyName = "key";
const outputName = (index: number): string => `output${index}`;

/**
 * A function that is recorded once for each structure, shapes and dtypes of its arguments, then replayed. Calls run one
 * after another, in their order. What throws before the run leaves everything as it was.
 */
export class RecordedFunction {
  readonly seed: number;
  private readonly queue = new OperationQueue();
  private readonly yielder = new Yielder();
  private readonly programs = new ProgramCache(() => this.backend());
  /** How results are put together, by program: this holds no recorded graph. */
  private readonly outlines = new WeakMap<BoundProgram, Rebuild>();
  /** That of what was recorded last. Calls do not overlap, so the next program that has none is its program. */
  private lastOutline: Rebuild | undefined;
  private readonly key: Int32Array;
  private readonly number = new Float32Array(1);
  private variables: readonly Variable[] = [];

  constructor(
    readonly label: string,
    private readonly options: RecordedOptions,
  ) {
    checkBackend(label, options.backend);
    this.seed = checkSeed(label, options.seed ?? drawSeed());
    this.key = randomKey(this.seed);
  }

  /**
   * @param nameOf names an argument in messages.
   * @param prepare makes the call when it is its turn.
   */
  async run(
    given: readonly unknown[],
    nameOf: (index: number) => string,
    prepare: () => RecordedCall | Promise<RecordedCall>,
  ): Promise<unknown> {
    return this.queue.run(() => settle(this.call(given, nameOf, prepare)));
  }

  private *call(
    given: readonly unknown[],
    nameOf: (index: number) => string,
    prepare: () => RecordedCall | Promise<RecordedCall>,
  ): Generator<unknown, unknown, never> {
    if (this.yielder.isDue) yield this.yielder.pause();
    const args = toArguments(yield computed(given, this.options.backend), nameOf);
    const call: RecordedCall = yield prepare();
    return yield this.programs.use(
      `${call.mode} ${args.signature}`,
      () => this.record(call, args),
      (program) => this.execute(program, call, args),
    );
  }

  /** Runs `act` while no call runs. */
  async alone<T>(act: () => Promise<T>): Promise<T> {
    return this.queue.run(act);
  }

  /** Frees the programs. They are made again when they are needed. */
  dispose(): void {
    this.programs.dispose();
  }

  private record(call: RecordedCall, args: Arguments): CompileOptions {
    const { result, updates } = call.record(placeholdersFor(args), placeholder(keyName, [4], "int32"));
    const found: Tensor[] = [];
    this.lastOutline = outline(this.label, result, found);
    const outputs = Object.fromEntries(found.map((output, index) => [outputName(index), output]));
    this.variables = variablesIn([...found, ...updates.flatMap(([variable, value]) => [variable.tensor, value])]);
    return { outputs, updates };
  }

  private backend(): Backend | Promise<Backend> {
    return this.options.backend ?? backendHolding(this.variables) ?? standardBackend();
  }

  /** Writes the inputs, runs, and starts to read all outputs before anything is awaited. */
  private execute(program: BoundProgram, call: RecordedCall, args: Arguments): unknown {
    // Before anything can throw: the program is kept, and the next call may record another.
    const rebuild = this.outlines.get(program) ?? (this.lastOutline as Rebuild);
    this.outlines.set(program, rebuild);
    args.leaves.forEach((leaf, index) => {
      program.input(inputName(index))?.write(leaf.data);
    });
    program.input(keyName)?.write(setStep(this.key, call.step));
    for (const name of call.scalarNames) {
      this.number[0] = call.scalar(name);
      program.input(name)?.write(this.number);
    }
    program.run();
    call.done();
    const names = program.outputNames.map((_, index) => outputName(index));
    return after(program.read(names), (data) =>
      rebuild(names.map((name) => call.valueOf(data[name] as TypedArray, program.outputShape(name)))),
    );
  }
}

import type { Executable } from "../backends/backend.ts";
import { divide } from "../backends/divide.ts";
import { withRoom } from "../backends/pressure.ts";
import { checkCount } from "../checks.ts";
import { printInstruction, print as printProgram } from "../ir/print.ts";
import type { Program } from "../ir/program.ts";
import { checkOptions } from "../options.ts";
import type { BatchPorts } from "./batch.ts";
import type { ArraysGiven, InputsGiven } from "./columns.ts";
import type { Model } from "./model.ts";
import { oneBatch } from "./on-batch.ts";
import { arrays } from "./options.ts";
import { BoundProgram } from "./program-cache.ts";
import { portName } from "./record-step.ts";
import { sessionOf } from "./session.ts";
import type { Step } from "./step-runner.ts";
import type { Yielder } from "./yield.ts";

/** Options of {@link profile}. */
export interface ProfileOptions {
  /** Labels: then a train step is profiled, of a compiled model. Without, prediction. */
  y?: ArraysGiven;
  /** How often the program is run each way; times are medians. Default 30. */
  repeats?: number;
  /** Where the table goes; false for nowhere. Default console.log. */
  print?: ((text: string) => void) | false;
}

/** Time of all instructions of one kind. */
export interface ProfileGroup {
  /** The kind of the instructions; matrix products whose operand is patches of an image are called "conv". */
  readonly kind: string;
  readonly count: number;
  readonly milliseconds: number;
  /** Of the sum over all instructions, in [0, 1]. */
  readonly share: number;
}

/** Time of one instruction. */
export interface ProfiledInstruction {
  readonly kind: string;
  /** As `print` shows it: operands by name, shapes, what is fused into it. */
  readonly text: string;
  readonly milliseconds: number;
  readonly share: number;
}

/** What {@link profile} found. */
export interface Profile {
  /** Milliseconds of the program in one go, as training and prediction run it. */
  readonly milliseconds: number;
  /** Longest first. */
  readonly groups: readonly ProfileGroup[];
  /** In the order in which they run. */
  readonly instructions: readonly ProfiledInstruction[];
  /** The program as text, with the bytes of arena, variables and constants in its first line. */
  readonly program: string;
}

/**
 * Where the time of a step goes: runs the program of a train step (with `y`) or of prediction on these data as one
 * batch, whole and instruction by instruction, and prints a table. It works on copies: weights, optimizer and metrics
 * stay as they are. On a GPU without a clock of its own the time of an instruction includes handing it over.
 * @param x samples of one batch, as for `fit`: shapes [batch, …].
 * @throws StateError before `compile` where there is y; ValueError where repeats is no integer ≥ 1; OutOfMemoryError
 * where the backend has no room for the copies.
 * @example await profile(model, xTrain.slice(0, 32), { y: yTrain.slice(0, 32) });
 */
export async function profile(model: Model, x: InputsGiven, options: ProfileOptions = {}): Promise<Profile> {
  const {
    y,
    repeats = 30,
    print = console.log,
  } = checkOptions("profile", options, { y: arrays, repeats: "number", print: "function or false" });
  const session = sessionOf("profile", model);
  checkCount("profile", "repeats", repeats, 1);
  const mode = y === undefined ? "predict" : "train";
  const found = await session.queue.run(async () => {
    const setup = mode === "train" ? await session.compiled("profile").setup.load() : undefined;
    const { stepRunner } = session;
    if (setup) stepRunner.checkTrainable("profile");
    const { spec, cursor } = await oneBatch(session, "profile", { x, y }, setup?.objective);
    const step = await stepRunner.acquire(mode, spec, (acquired) => acquired);
    try {
      return await measure(step, repeats, (target) => stepRunner.feed(mode, target, cursor, 0), stepRunner.yielder);
    } finally {
      stepRunner.release(step);
    }
  });
  if (print) print(table(`${mode === "train" ? "train step" : "prediction"} of ${model.label}`, found));
  return found;
}

async function measure(
  { program, ports, scalars }: Step,
  repeats: number,
  feed: (step: Step) => void,
  yielder: Yielder,
): Promise<Profile> {
  const { backend, graph, variables } = program;
  const values = await Promise.all(variables.map((variable) => variable.read()));
  const divided = await withRoom(backend, () => divide(graph, values, backend));
  const { whole, parts, inputs, inputProgram } = divided;
  const stepOf = (bound: BoundProgram): Step => ({ program: bound, ports: portsOf(bound, ports), scalars });
  const [wholeStep, inputStep] = [
    stepOf(new BoundProgram(whole, backend, [], graph)),
    stepOf(new BoundProgram(inputs, backend, [], inputProgram)),
  ];
  const timed = async (executable: Executable): Promise<number> => {
    const start = performance.now();
    executable.run();
    await backend.settled?.();
    return performance.now() - start;
  };
  const times: number[] = [];
  const apart = parts.map((): number[] => []);
  try {
    // The first time each way is for the engine to compile.
    for (let repeat = -1; repeat < repeats; repeat++) {
      feed(wholeStep);
      const took = await timed(whole);
      let each: readonly number[];
      if (whole.timings) {
        feed(wholeStep);
        each = await whole.timings();
      } else {
        feed(inputStep);
        inputs.run();
        each = await inOrder(parts, timed);
      }
      if (repeat >= 0) {
        times.push(took);
        for (const [index, list] of apart.entries()) list.push(each[index] as number);
      }
      if (yielder.isDue) await yielder.pause();
    }
  } finally {
    divided.dispose();
  }
  return summarize(graph, median(times), apart.map(median));
}

async function inOrder<A, B>(list: readonly A[], act: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  for (const item of list) results.push(await act(item));
  return results;
}

/** The ports of another program with the same inputs. */
function portsOf(program: BoundProgram, { x, y, weights }: BatchPorts): BatchPorts {
  return {
    x: x.map((_, index) => program.input(portName.x(index))),
    y: y.map((_, index) => program.input(portName.y(index))),
    weights: weights.map((_, index) => program.input(portName.weight(index))),
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

function summarize(program: Program, milliseconds: number, times: readonly number[]): Profile {
  // A clock that is too coarse for all of them must not divide by zero.
  const total = times.reduce((sum, time) => sum + time, 0) || 1;
  const instructions = program.instructions.map((instruction, index) => {
    const time = times[index] as number;
    return {
      kind: instruction.kind,
      text: printInstruction(program, instruction),
      milliseconds: time,
      share: time / total,
    };
  });
  const groups = new Map<string, ProfileGroup>();
  for (const { kind, milliseconds: time, share } of instructions) {
    const group = groups.get(kind) ?? { kind, count: 0, milliseconds: 0, share: 0 };
    groups.set(kind, {
      kind,
      count: group.count + 1,
      milliseconds: group.milliseconds + time,
      share: group.share + share,
    });
  }
  return {
    milliseconds,
    groups: [...groups.values()].sort((a, b) => b.milliseconds - a.milliseconds),
    instructions,
    program: printProgram(program),
  };
}

/** How many of the slowest instructions the table shows, and how much of each; what is fused into them can be long. */
const [shown, lineLength] = [8, 120];

function table(title: string, { milliseconds, groups, instructions, program }: Profile): string {
  const percent = (share: number) => `${(100 * share).toFixed(1).padStart(5)} %`;
  const line = (head: string, { milliseconds: time, share }: ProfileGroup | ProfiledInstruction) =>
    `${head}${time.toFixed(3).padStart(9)} ms ${percent(share)}`;
  const short = (text: string) => (text.length > lineLength ? `${text.slice(0, lineLength - 1)}…` : text);
  const slowest = [...instructions].sort((a, b) => b.milliseconds - a.milliseconds).slice(0, shown);
  return [
    `${title}: ${milliseconds.toFixed(3)} ms in one go; ${program.split("\n", 1)[0]}`,
    ...groups.map((group) => line(`  ${group.kind.padEnd(24)}${String(group.count).padStart(4)}`, group)),
    `slowest${instructions.length > shown ? ` ${shown}` : ""}`,
    ...slowest.map((instruction) => `${line(" ", instruction)}  ${short(instruction.text)}`),
  ].join("\n");
}

import { isHostBackend } from "../backends/backend.ts";
import { checkCount } from "../checks.ts";
import { stateError } from "../errors.ts";
import type { TypedArray } from "../ir/dtype.ts";
import type { Instruction, Program } from "../ir/instruction.ts";
import { printInstruction, print as printProgram } from "../ir/print.ts";
import { checkOptions } from "../options.ts";
import type { ArraysGiven } from "./columns.ts";
import type { Model } from "./model.ts";
import { oneBatch } from "./on-batch.ts";
import { arrays } from "./options.ts";
import type { BoundProgram } from "./program-cache.ts";
import { sessionOf } from "./session.ts";
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
  /** The kind of the instructions; matrix products whose operand is patches of an image are told apart as "conv". */
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
 * batch, whole and instruction by instruction, and prints a table. Weights, optimizer and metrics are afterwards as
 * they were before.
 * @param x samples of one batch, as for `fit`: shapes [batch, …].
 * @throws StateError before `compile` where there is y, and where the backend cannot run instructions apart; ValueError
 * where repeats is no integer ≥ 1.
 * @example await profile(model, xTrain.slice(0, 32), { y: yTrain.slice(0, 32) });
 */
export async function profile(model: Model, x: ArraysGiven, options: ProfileOptions = {}): Promise<Profile> {
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
      const feed = () => stepRunner.feed(mode, step, cursor, 0);
      return await measure(step.program, repeats, feed, stepRunner.yielder);
    } finally {
      stepRunner.release(step);
    }
  });
  if (print) print(table(`${mode === "train" ? "train step" : "prediction"} of ${model.label}`, found));
  return found;
}

async function measure(step: BoundProgram, repeats: number, feed: () => void, yielder: Yielder): Promise<Profile> {
  const { executable, backend, graph, variables } = step;
  if (!executable.runOne || !isHostBackend(backend)) {
    throw stateError("profile", {
      rule: "the backend must run instructions apart while the host waits",
      expected: "wasm or js",
      received: backend.name,
    });
  }
  const whole: number[] = [];
  const apart = graph.instructions.map((): number[] => []);
  const readAll = () => Promise.all(variables.map((variable) => variable.read()));
  let before = await readAll();
  const restore = () => {
    for (const [index, variable] of variables.entries()) variable.assign(before[index] as TypedArray);
  };
  try {
    // The first time each way is for the engine to compile.
    for (let repeat = -1; repeat < repeats; repeat++) {
      if (!step.isCurrent) {
        throw stateError("profile", {
          rule: "the weights must stay on one backend",
          expected: backend.name,
          received: "weights that were moved",
        });
      }
      feed();
      const took = timed(() => executable.run());
      feed();
      const each = apart.map((_, index) => timed(() => executable.runOne?.(index)));
      if (repeat >= 0) {
        whole.push(took);
        for (const [index, times] of apart.entries()) times.push(each[index] as number);
      }
      if (!yielder.isDue) continue;
      // Others may predict with the weights, or set them, during a pause.
      restore();
      await yielder.pause();
      before = await readAll();
    }
  } finally {
    restore();
  }
  return summarize(graph, median(whole), apart.map(median));
}

function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
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
      kind: kindOf(instruction),
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

function kindOf(instruction: Instruction): string {
  return instruction.kind === "matmul" && instruction.rowAxes !== undefined ? "conv" : instruction.kind;
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

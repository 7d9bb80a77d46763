// Errors of the WebGPU backend: what devices report, as errors that name what failed.
import { type AreteError, message, OutOfMemoryError, stateError } from "../../errors.ts";
import { formatBytes } from "../../format.ts";
import type { Instruction } from "../../ir/instruction.ts";

/** In messages. */
export const owner = "webgpu backend";

/**
 * There is no room for what was asked.
 * @param what for example "variables", all of which lie in one buffer.
 * @param most bytes that may be had.
 */
export function outOfMemory(what: string, asked: number, most: number): OutOfMemoryError {
  const isBeyond = !(asked <= most);
  return new OutOfMemoryError(
    message(owner, {
      rule: `out of memory for ${what}`,
      expected: isBeyond
        ? `at most ${formatBytes(most)} for all of them, the limit of the device's buffers`
        : "room on the device",
      received: `a request for ${formatBytes(asked)}`,
      advice: "Use a smaller batch or model, or free other models with dispose().",
    }),
  );
}

/** What a device reports. */
export interface Report {
  readonly message: string;
  readonly isShortage: boolean;
}

/** Work of a device, for errors. */
export interface Work {
  /** For example "a run". */
  readonly what: string;
  readonly context: string;
  /** Named behind the context. */
  readonly instruction?: Instruction | undefined;
}

/** What a device reports of work that it was given, as an error. What builds it is loaded then. */
export const deviceError = async (work: Work, report: Report): Promise<AreteError> =>
  (await import("./device-error.ts")).deviceErrorOf(owner, work, report);

/** The backend cannot be used any more. @param reason why the device was lost; none where it was disposed of. */
export const endError = (reason: string | undefined): Error =>
  stateError(owner, {
    rule: reason === undefined ? "a disposed backend cannot be used" : "its device was lost",
    expected: "a backend in use",
    received: reason ?? "one that was disposed of",
    advice: "Make another with await webgpu(), and restore saved weights there.",
  });

/**
 * Runs `act` and asks the device whether anything in it failed. What failed does not reach the device's listeners for
 * uncaptured errors, so neither the browser's console nor another user of the device hears of it.
 * @param act must not wait: the scopes are of the device, and another's work would count as its own.
 */
export function guarded<T>(device: GPUDevice, act: () => T): { value: T; report: Promise<Report | undefined> } {
  device.pushErrorScope("internal");
  device.pushErrorScope("validation");
  device.pushErrorScope("out-of-memory");
  let value: T;
  let found: Promise<Report | undefined>[] = [];
  try {
    value = act();
  } finally {
    // The last one pushed comes first. Where the device is lost they reject: that is reported for itself.
    found = [
      device.popErrorScope().then(shortageOf, nothing),
      device.popErrorScope().then(faultOf, nothing),
      device.popErrorScope().then(faultOf, nothing),
    ];
  }
  return { value, report: Promise.all(found).then(firstOf) };
}

const shortageOf = (error: GPUError | null) => (error ? { message: error.message, isShortage: true } : undefined);
const faultOf = (error: GPUError | null) => (error ? { message: error.message, isShortage: false } : undefined);
const nothing = () => undefined;
const firstOf = (reports: readonly (Report | undefined)[]) => reports.find(Boolean);

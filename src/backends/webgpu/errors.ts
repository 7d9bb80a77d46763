// Errors of the WebGPU backend: what devices report, as errors that name what failed.
import { AreteError, message, OutOfMemoryError, stateError } from "../../errors.ts";
import { formatBytes } from "./bytes.ts";

/** In messages. */
export const owner = "webgpu backend";

/** There is no room for what was asked. @param what for example "variables". @param most bytes that may be had. */
export function outOfMemory(what: string, asked: number, most: number): OutOfMemoryError {
  const isBeyond = !(asked <= most);
  return new OutOfMemoryError(
    message(owner, {
      rule: `out of memory for ${what}`,
      expected: isBeyond ? `at most ${formatBytes(most)}, the device's limit of one buffer` : "room on the device",
      received: `a request for ${formatBytes(asked)}`,
      advice: "Use a smaller batch or model, or free other models with dispose().",
    }),
  );
}

/** What a device reports of work that it was given. @param what the work, for example "a program". */
export function deviceError(what: string, error: Pick<GPUError, "message">, context: string): AreteError {
  const complaint = { rule: `${what} failed on the device`, expected: "no error", received: firstLine(error), context };
  return isShortage(error)
    ? new OutOfMemoryError(message(owner, complaint))
    : new AreteError(message(owner, complaint));
}

/** The backend cannot be used any more. @param reason why the device was lost; none where it was disposed of. */
export const endError = (reason: string | undefined): Error =>
  stateError(owner, {
    rule: reason === undefined ? "a disposed backend cannot be used" : "its device was lost",
    expected: "a backend in use",
    received: reason ?? "one that was disposed of",
    advice: "Make another with await webgpu(), and restore saved weights there.",
  });

/** Reports of compilers have many lines; the first says what is wrong. */
const firstLine = (error: Pick<GPUError, "message">): string => error.message.trim().split("\n")[0] || "no message";

const isShortage = (error: object): boolean =>
  typeof GPUOutOfMemoryError === "function" && error instanceof GPUOutOfMemoryError;

/**
 * Runs `act` and asks the device whether anything in it failed. Nothing that failed reaches the device's listeners for
 * uncaptured errors, so neither the browser's console nor another user of the device hears of it.
 */
export function guarded<T>(device: GPUDevice, act: () => T): { value: T; error: Promise<GPUError | null> } {
  for (const filter of filters) device.pushErrorScope(filter);
  let value: T;
  const found: Promise<GPUError | null>[] = [];
  try {
    value = act();
  } finally {
    for (let scope = 0; scope < filters.length; scope++) found.push(device.popErrorScope());
  }
  // A device that is lost rejects, which `lost` tells about.
  const error = Promise.all(found).then(
    (errors) => errors.find((error) => error !== null) ?? null,
    () => null,
  );
  return { value, error };
}

const filters = ["validation", "out-of-memory", "internal"] as const;

// Why `webgpu()` gives no backend, as errors that say what to do: loaded where there is one.
import { stateError, valueError } from "../../errors.ts";

const name = "webgpu";

export const ambiguous = (given: readonly string[]) =>
  valueError(name, {
    rule: `${given[0]} says which GPU, so ${given[1]} has no meaning`,
    expected: "one of device, adapter and powerPreference",
    received: given.join(" and "),
  });

export const unknownPreference = (preference: string) =>
  valueError(name, {
    rule: "powerPreference must be known",
    expected: '"high-performance" or "low-power"',
    received: `"${preference}"`,
  });

export const wrongKind = (what: string, given: object, method: string) =>
  valueError(name, {
    rule: `${what} is of the wrong kind`,
    expected: `an object with ${method}()`,
    received: given,
  });

export const lostBefore = ({ reason, message }: { readonly reason: string; readonly message: string }) =>
  stateError(name, {
    rule: "the device must be in use",
    expected: "a device",
    received: `one that was lost (${reason}: ${message})`,
    advice: "Make another device.",
  });

export const noWebGpu = () =>
  stateError(name, {
    rule: "this runtime must have WebGPU",
    expected: "navigator.gpu",
    received: "none",
    advice: adviceOnRuntime(),
  });

export const noAdapter = () =>
  stateError(name, {
    rule: "there must be a GPU that WebGPU can use",
    expected: "an adapter",
    received: "none",
    advice: "Check the driver and the browser's settings, or train with the default backend.",
  });

export const noDevice = ({ message }: Error) =>
  stateError(name, {
    rule: "the adapter must give a device",
    expected: "a device",
    received: message.split("\n")[0],
    advice: "An adapter gives one device; ask for another adapter, or pass the device.",
  });

function adviceOnRuntime(): string {
  const scope = globalThis as { Deno?: object; process?: { versions?: { node?: string } }; isSecureContext?: boolean };
  if (scope.Deno) return "Use Deno 2.1 or later, with --unstable-webgpu before 2.5.";
  if (scope.process?.versions?.node)
    return 'In Node install the package "webgpu" and pass webgpu({ adapter }): see docs/webgpu.md.';
  if (scope.isSecureContext === false) return "Browsers have it on https pages and localhost only.";
  return "Use a browser that has it (Chrome 113, Safari 26, Firefox 141), or the wasm backend.";
}

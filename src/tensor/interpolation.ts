import { valueError } from "../errors.ts";

/** @throws ValueError on what is no way to find values between pixels; `name` stands in front of the message. */
export function checkInterpolation(name: string, interpolation: string): void {
  if (interpolation !== "nearest" && interpolation !== "bilinear")
    throw valueError(name, { rule: "unknown interpolation", expected: '"nearest" or "bilinear"', received: interpolation });
}

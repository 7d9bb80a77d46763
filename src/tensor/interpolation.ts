import { valueError } from "../errors.ts";

/** @throws ValueError on what is no way to find values between pixels; `name` stands in front of the message. */
export function checkInterpolation(name: string, interpolation: string): void {
  if (interpolation !== "nearest" && interpolation !== "bilinear")
    throw valueError(name, {
      rule: "unknown interpolation",
      expected: '"nearest" or "bilinear"',
      received: interpolation,
    });
}

/** @throws ValueError where antialias is no boolean, or has no meaning. */
export function checkAntialias(name: string, interpolation: string, antialias: boolean): void {
  if (antialias === false || (antialias === true && interpolation === "bilinear")) return;
  throw valueError(name, {
    rule: 'antialias is for interpolation "bilinear"',
    expected: "true or false",
    received: antialias,
    context: `interpolation ${interpolation}`,
  });
}

// The names of interpolation methods, checked.
import { valueError } from "../errors.ts";

/** Checks the name of an interpolation. @throws ValueError, whose message begins with `name`. */
export function checkInterpolation(name: string, interpolation: string): void {
  if (interpolation !== "nearest" && interpolation !== "bilinear")
    throw valueError(name, {
      rule: "unknown interpolation",
      expected: '"nearest" or "bilinear"',
      received: interpolation,
    });
}

/** Checks that antialias is a boolean that the interpolation supports. @throws ValueError. */
export function checkAntialias(name: string, interpolation: string, antialias: boolean): void {
  if (antialias === false || (antialias === true && interpolation === "bilinear")) return;
  throw valueError(name, {
    rule: 'antialias is for interpolation "bilinear"',
    expected: "true or false",
    received: antialias,
    context: `interpolation ${interpolation}`,
  });
}

// The names of interpolation methods, checked.
import { valueError } from "../errors.ts";

/** How {@link resize} takes values between pixels. */
export type ResizeMethod = "nearest" | "bilinear" | "bicubic" | "lanczos3" | "lanczos5";

export const resizeMethods: readonly string[] = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"];

/**
 * Checks the name of an interpolation: one of `known`, by default "nearest" and "bilinear".
 * @throws ValueError, whose message begins with `name`.
 */
export function checkInterpolation(
  name: string,
  interpolation: string,
  known: readonly string[] = resizeMethods.slice(0, 2),
): void {
  if (!known.includes(interpolation))
    throw valueError(name, {
      rule: "unknown interpolation",
      expected: known.map((one) => `"${one}"`).join(" or "),
      received: interpolation,
    });
}

/** Checks that antialias is a boolean that the interpolation supports. @throws ValueError. */
export function checkAntialias(name: string, interpolation: string, antialias: boolean): void {
  if (antialias === false || (antialias === true && interpolation !== "nearest")) return;
  throw valueError(name, {
    rule: 'antialias is not for interpolation "nearest"',
    expected: "true or false",
    received: antialias,
    context: `interpolation ${interpolation}`,
  });
}

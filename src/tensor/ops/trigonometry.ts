// Tangent, the inverse trigonometric and the hyperbolic functions. Angles are in radians.
import * as rows from "../scalar/trigonometry.ts";
import type { Tensor } from "../tensor.ts";
import { elementwise } from "./elementwise.ts";
import type { Operand } from "./leaf.ts";

/** Tangent of radians. */
export const tan = (x: Operand): Tensor => elementwise(rows.tan, [x]);
/** Arcsine, in [−π/2, π/2]; NaN outside [−1, 1]. Its gradient at ±1 is infinite. */
export const asin = (x: Operand): Tensor => elementwise(rows.asin, [x]);
/** Arccosine, in [0, π]; NaN outside [−1, 1]. Its gradient at ±1 is infinite. */
export const acos = (x: Operand): Tensor => elementwise(rows.acos, [x]);
/** Arctangent, in [−π/2, π/2]. */
export const atan = (x: Operand): Tensor => elementwise(rows.atan, [x]);
/**
 * The angle of the point (x, y), in [−π, π]: the arctangent of y/x, with the quadrant from both signs. Note the order:
 * y comes first, as in NumPy and `Math.atan2`. Its gradient at (0, 0) is NaN.
 */
export const atan2 = (y: Operand, x: Operand): Tensor => elementwise(rows.atan2, [y, x]);
/** Hyperbolic sine, (eˣ − e⁻ˣ)/2. */
export const sinh = (x: Operand): Tensor => elementwise(rows.sinh, [x]);
/** Hyperbolic cosine, (eˣ + e⁻ˣ)/2. */
export const cosh = (x: Operand): Tensor => elementwise(rows.cosh, [x]);
/** Inverse of tanh, on (−1, 1); ±∞ at ±1, NaN outside. */
export const atanh = (x: Operand): Tensor => elementwise(rows.atanh, [x]);

// Strided copies and fills on the GPU.
import { literal } from "../expression.ts";
import type { Kernel } from "../shader.ts";
import { perElement } from "./elements.ts";

/** Words from one view to another, whatever they stand for. */
export const copy: Kernel<"copy"> = ({ input, output }, ctx) =>
  perElement(ctx, output.shape, {
    reads: [input],
    writes: [output],
    isCostly: false,
    compute: (words) => ({ code: "", results: words }),
  });

/** One word to all of a view. */
export const fill: Kernel<"fill"> = ({ value, output }, ctx) =>
  perElement(ctx, output.shape, {
    reads: [],
    writes: [output],
    isCostly: false,
    compute: () => ({
      code: "",
      results: [output.dtype === "int32" ? `${value >>> 0}u` : `u(${literal(value)})`],
    }),
  });

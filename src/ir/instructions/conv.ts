import { describe } from "../descriptor.ts";
import { sizeOf } from "../shape.ts";
import type { View } from "../view.ts";
import type { ConvWindows } from "../windows.ts";
import type { MapInstruction } from "./map.ts";

/** What the three have in common. All operands are contiguous. */
interface Convolution {
  readonly windows: ConvWindows;
  readonly output: View;
}

/**
 * y[b, o, f] = Σ x[b, o·stride − low + k·dilation, c] · kernel[k, c, f] over the elements of the window that meet an
 * element of x and the channels c of the group of f. Input [batch, …inputs, channels], kernel [...size, channels /
 * groups, filters], output [batch, …outputs, filters].
 *
 * The epilogue, which only one group may have, is a map over the output's shape as [batch·…outputs, filters] or its
 * collapsed form, one of whose inputs is `output`; it never writes what the convolution reads.
 */
export interface ConvInstruction extends Convolution {
  readonly kind: "conv";
  readonly input: View;
  readonly kernel: View;
  readonly epilogue?: MapInstruction;
}

/**
 * The adjoint in the input, which is also the transposed convolution: output [batch, …inputs, channels] from dy [batch,
 * …outputs, filters].
 */
export interface ConvInputGradInstruction extends Convolution {
  readonly kind: "convInputGrad";
  readonly dy: View;
  readonly kernel: View;
}

/** The adjoint in the kernel: output [...size, channels / groups, filters] from input and dy. Epilogue as of conv. */
export interface ConvFilterGradInstruction extends Convolution {
  readonly kind: "convFilterGrad";
  readonly input: View;
  readonly dy: View;
  readonly epilogue?: MapInstruction;
}

const flops = ({ windows: { batch, outputs, size, channels, filters, groups } }: Convolution) =>
  2 * sizeOf([batch, ...outputs, ...size, channels / groups, filters]);

export const conv = /* @__PURE__ */ describe<ConvInstruction>(
  { windows: "windows", input: "reads", kernel: "reads", output: "writes", epilogue: "epilogue" },
  flops,
);

export const convInputGrad = /* @__PURE__ */ describe<ConvInputGradInstruction>(
  { windows: "windows", dy: "reads", kernel: "reads", output: "writes" },
  flops,
);

export const convFilterGrad = /* @__PURE__ */ describe<ConvFilterGradInstruction>(
  { windows: "windows", input: "reads", dy: "reads", output: "writes", epilogue: "epilogue" },
  flops,
);

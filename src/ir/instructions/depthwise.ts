import { describe } from "../descriptor.ts";
import { sizeOf } from "../shape.ts";
import type { View } from "../view.ts";
import type { DilatedWindows } from "../windows.ts";

/** What the three have in common. All operands are contiguous, and all windows have a depth of 1. */
interface Depthwise {
  readonly windows: DilatedWindows;
  readonly output: View;
}

/**
 * A convolution of each channel with a kernel of its own, channels last: y[b, o, c] = Σ_k x[b, o·stride − low +
 * k·dilation, c] · kernel[k, c] over the elements of the window that meet an element of x. Input [batch, …inputs,
 * channels], kernel [...size, channels], output [batch, …outputs, channels].
 */
export interface DepthwiseConvInstruction extends Depthwise {
  readonly kind: "depthwiseConv";
  readonly input: View;
  readonly kernel: View;
}

/** The adjoint in the input: output [batch, …inputs, channels] from dy [batch, …outputs, channels]. */
export interface DepthwiseConvInputGradInstruction extends Depthwise {
  readonly kind: "depthwiseConvInputGrad";
  readonly dy: View;
  readonly kernel: View;
}

/** The adjoint in the kernel: output [...size, channels] from input and dy. */
export interface DepthwiseConvFilterGradInstruction extends Depthwise {
  readonly kind: "depthwiseConvFilterGrad";
  readonly input: View;
  readonly dy: View;
}

const flops = ({ windows: { batch, outputs, size, channels } }: Depthwise) =>
  2 * sizeOf([batch, ...outputs, ...size, channels]);

export const depthwiseConv = /* @__PURE__ */ describe<DepthwiseConvInstruction>(
  { windows: "windows", input: "reads", kernel: "reads", output: "writes" },
  flops,
);

export const depthwiseConvInputGrad = /* @__PURE__ */ describe<DepthwiseConvInputGradInstruction>(
  { windows: "windows", dy: "reads", kernel: "reads", output: "writes" },
  flops,
);

export const depthwiseConvFilterGrad = /* @__PURE__ */ describe<DepthwiseConvFilterGradInstruction>(
  { windows: "windows", input: "reads", dy: "reads", output: "writes" },
  flops,
);

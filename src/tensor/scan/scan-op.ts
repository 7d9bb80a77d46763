// The op that runs a small graph, its body, again and again on carried values; and the op that reads its results.
import type { Shape } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { defineOp, type OpDefinition, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";

/**
 * The part of a tensor that a step reads: at step t the box of `size` that starts at begin + t·advance. The body has it
 * in the shape of its leaf, of equally many elements.
 */
export interface MovingSlice {
  readonly begin: readonly number[];
  readonly advance: readonly number[];
  readonly size: Shape;
}

/**
 * The graph of one step. Its leaves stand for the inputs of the scan, in the same order: first the values that are
 * carried from step to step, then slices that move over an input, then what is the same at every step.
 */
export class ScanBody {
  private static count = 0;
  private readonly number = ScanBody.count++;
  /** Tensors whose values of all steps are wanted; grows while gradients are recorded. */
  readonly results: Tensor[] = [];

  constructor(
    readonly steps: number,
    readonly leaves: readonly Tensor[],
    /** For each carried value what it is after the step. */
    readonly next: readonly Tensor[],
    readonly slices: readonly MovingSlice[],
    /** All tensors of the body that change from step to step, but for the leaves. */
    readonly members: ReadonlySet<Tensor>,
    /** No tensor of the body that changes has a lower id. */
    readonly firstId: number,
  ) {}

  /** How many leaves change from step to step. */
  get moving(): number {
    return this.next.length + this.slices.length;
  }

  /** A number of its own: two scans are the same only where they have the same body. */
  toJSON(): number {
    return this.number;
  }
}

/** Attributes of a scan. */
export interface ScanAttrs {
  readonly body: ScanBody;
  /** The gradients by the inputs, of those by outputs. */
  readonly gradients: (
    outputs: readonly OutputGradient[],
    inputs: readonly Tensor[],
    scan: Tensor,
  ) => readonly (Tensor | null)[];
}

/** An output of a scan and the gradient by it. */
export type OutputGradient = readonly [output: Tensor, gradient: Tensor];

/** What is read of a scan: a carried value after the last step, or a result of all steps, in rows. */
export type ScanOutputAttrs =
  | { readonly take: "last"; readonly index: number }
  | {
      readonly take: "stacked";
      /** Which of the body's results. */
      readonly index: number;
      /** Whether the row of the last step comes first. */
      readonly reversed: boolean;
    };

export const bodyOf = (scan: Tensor): ScanBody => (scan.attrs as ScanAttrs).body;

/**
 * Runs a body; its value stands for all results together, and only {@link scanOutputOp} reads it. What is computed and
 * kept of the steps depends on which outputs a program needs.
 */
export const scanOp: OpDefinition<ScanAttrs> = /* @__PURE__ */ defineOp<ScanAttrs>({
  name: "scan",
  infer: () => ({ shape: [], dtype: "float32" }),
  vjp: (dy, inputs, scan, { gradients }) => gradients(outputGradients(dy), inputs, scan),
  // The compiler loads what this needs where a graph has scans.
  lower: (ctx, inputs, scan) => ctx.lowerScan?.(scan, inputs) as View,
});

/** The tensor of the body that an output is taken of. */
export function sourceOf({ next, results }: ScanBody, { take, index }: ScanOutputAttrs): Tensor {
  return (take === "last" ? next : results)[index] as Tensor;
}

/** One output of a scan. */
export const scanOutputOp: OpDefinition<ScanOutputAttrs> = /* @__PURE__ */ defineOp<ScanOutputAttrs>({
  name: "scanOutput",
  infer: ([scan], attrs) => {
    const body = bodyOf(scan as Tensor);
    const { shape, dtype } = sourceOf(body, attrs);
    return { shape: attrs.take === "last" ? shape : [body.steps, ...shape], dtype };
  },
  vjp: (dy, _, output) => [record(scanOutputGradOp, [dy], { output })],
  // Lowering a scan gives the views of its outputs.
  lower: (ctx, _, output) => ctx.view(output),
});

/**
 * The gradient of one output, as a part of the gradient of the scan, which is the formal sum of such parts. No program
 * contains it.
 */
const scanOutputGradOp: OpDefinition<{ output: Tensor }> = /* @__PURE__ */ defineOp<{ output: Tensor }>({
  name: "scanOutputGrad",
  infer: () => ({ shape: [], dtype: "float32" }),
  vjp: () => [null],
  lower: (_, [dy]) => dy as View,
});

/** The outputs and their gradients that a sum recorded by `gradients` is made of. */
function outputGradients(dy: Tensor): OutputGradient[] {
  if (dy.op === scanOutputGradOp) return [[(dy.attrs as { output: Tensor }).output, dy.inputs[0] as Tensor]];
  return dy.inputs.flatMap(outputGradients);
}

/** A carried value after the last step. */
export function lastOf(scan: Tensor, carry: number): Tensor {
  return record(scanOutputOp, [scan], { take: "last", index: carry });
}

/** The values of a tensor of the body at all steps: [steps, …shape]. @param reversed see {@link ScanOutputAttrs}. */
export function stackedOf(scan: Tensor, tensor: Tensor, reversed = false): Tensor {
  const { results } = bodyOf(scan);
  const known = results.indexOf(tensor);
  const index = known >= 0 ? known : results.push(tensor) - 1;
  return record(scanOutputOp, [scan], { take: "stacked", index, reversed });
}

/** An op and a layer of one's own, as a user writes them: `highway.test.ts` tests them with `aretejs/testing`. */
import { type BatchShape, type CallContext, Layer, type LayerOptions, ops, type Tensor } from "aretejs";

/**
 * x·sigmoid(β·x): swish with a learned steepness. An op of one's own is a function made of ops; its gradient follows.
 */
export const swish = (x: Tensor, beta: Tensor): Tensor => ops.mul(x, ops.sigmoid(ops.mul(x, beta)));

/**
 * gate·tanh(x·kernel) + (1 − gate)·x with gate = sigmoid(x·gateKernel). @see Srivastava et al. 2015, arXiv:1505.00387.
 */
export class Highway extends Layer {
  constructor(options: LayerOptions = {}) {
    super("highway", options, {});
  }

  override build(inputShape: BatchShape): void {
    const width = this.knownExtent(inputShape);
    this.addVariable("kernel", [width, width]);
    this.addVariable("gateKernel", [width, width], { initializer: "heNormal" });
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    const gate = ops.sigmoid(ops.matmul(x, ctx.value(this.weight("gateKernel"))));
    const changed = ops.tanh(ops.matmul(x, ctx.value(this.weight("kernel"))));
    return ops.add(ops.mul(gate, changed), ops.mul(ops.sub(1, gate), x));
  }
}

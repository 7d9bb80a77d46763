import { type Shape, sizeOf } from "../../ir/shape.ts";
import { add } from "../../tensor/ops/elementwise.ts";
import { matmul } from "../../tensor/ops/matmul.ts";
import { reshape } from "../../tensor/ops/shaping.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { type InitializerName, initializer } from "../initializer-names.ts";
import type { Initializer } from "../initializers.ts";
import type { CallContext, WeightOptions } from "../layer.ts";
import { Kernel, type KernelOptions } from "./kernel.ts";

/**
 * x·kernel + bias between several axes: kernel [...from, ...to], bias [...to]. To an initializer the kernel is the
 * matrix that it is. @see Keras 3 `layers.EinsumDense`.
 */
export class Projection {
  private readonly weights: Kernel;

  constructor(
    name: string,
    private readonly from: Shape,
    private readonly to: Shape,
    options: KernelOptions,
    make: (name: string, shape: Shape, options: WeightOptions) => Variable,
  ) {
    const matrix = [sizeOf(from), sizeOf(to)];
    const inner = initializer(options.kernelInitializer ?? "glorotUniform", name);
    const kernelInitializer: InitializerName | Initializer = (shape, source) => {
      const values = inner(matrix, source);
      return values instanceof Tensor ? reshape(values, shape) : values;
    };
    this.weights = new Kernel([...from, ...to], to, { ...options, kernelInitializer }, (part, shape, weight) =>
      // One of several kernels of a layer.
      make(`${name}/${part}`, shape, { ...weight, role: undefined }),
    );
  }

  /** [batch, steps, features] to [batch, steps, units], with the axes of `from` and `to` flattened. */
  apply(x: Tensor, ctx: CallContext): Tensor {
    const { kernel, bias } = this.weights;
    const product = matmul(x, reshape(ctx.value(kernel), [sizeOf(this.from), sizeOf(this.to)]));
    return bias ? add(product, reshape(ctx.value(bias), [-1])) : product;
  }
}

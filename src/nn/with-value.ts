import { scalar } from "../tensor/ops/leaf.ts";
import { withGradientOp } from "../tensor/ops/with-gradient.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { CallContext } from "./recording.ts";

/**
 * Records a part of a model with another tensor in a variable's place, for layers that change the weights of a layer
 * inside: spectral normalization, weight normalization, adapters of low rank.
 *
 * `record` gets a context in which `ctx.value(variable)` is `value`; the variable itself is not touched. Where a layer
 * inside reads the variable as an operand, as in `ops.matmul(x, this.kernel)`, what was recorded is recorded again with
 * `value`.
 * @param record gives tensors, mostly the outputs of a layer.
 * @example withValue(ctx, kernel, div(ctx.value(kernel), norm), (inner) => this.layer.apply(x, inner));
 */
export function withValue<Outputs extends Tensor | readonly Tensor[]>(
  ctx: CallContext,
  variable: Variable,
  value: Tensor,
  record: (inner: CallContext) => Outputs,
): Outputs {
  const replace = replacement(variable.tensor, value);
  /** Passes on to the context what the part has reported, once its tensors are final. */
  const reports: (() => void)[] = [];
  // Inherits all that it does not replace.
  const inner: CallContext = Object.assign(Object.create(ctx) as CallContext, {
    value: (asked: Variable) => (asked === variable ? value : ctx.value(asked)),
    update: (target: Variable, update: Tensor) => {
      ctx.update(target, update);
      reports.push(() => ctx.update(target, replace(update)));
    },
    addLoss: (loss: Tensor) => {
      reports.push(() => ctx.addLoss(replace(loss)));
    },
    setMask: (tensor: Tensor, mask: Tensor, owner?: string) => {
      ctx.setMask(tensor, mask, owner);
      reports.push(() => ctx.setMask(replace(tensor), replace(mask), owner));
    },
    observe: (...[layer, outputs, inputs]: Parameters<CallContext["observe"]>) => {
      reports.push(() => ctx.observe(layer, outputs.map(replace), inputs.map(replace)));
    },
  });
  const outputs = record(inner);
  for (const report of reports) report();
  return (outputs instanceof Tensor ? replace(outputs) : outputs.map(replace)) as Outputs;
}

/** A function that gives a tensor as it would be if `from` had been `to` since `replacement` was called. */
function replacement(from: Tensor, to: Tensor): (tensor: Tensor) => Tensor {
  // Ids grow with recording: what has a smaller one than this was recorded before.
  const start = scalar(0).id;
  const replaced = new Map([[from, to]]);
  const replace = (tensor: Tensor): Tensor => {
    const found = new Set<Tensor>();
    const stack = [tensor];
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (node.id < start || replaced.has(node) || found.has(node)) continue;
      found.add(node);
      stack.push(...node.inputs);
    }
    for (const node of [...found].sort((a, b) => a.id - b.id)) {
      const inputs = node.inputs.map((input) => replaced.get(input) ?? input);
      const isSame = node.op !== withGradientOp && inputs.every((input, index) => input === node.inputs[index]);
      replaced.set(node, isSame ? node : new Tensor(node.op, inputs, attributes(node), node.shape, node.dtype));
    }
    return replaced.get(tensor) ?? tensor;
  };
  /** The function of a written-out gradient holds tensors, or records with the variable when it is called. */
  const attributes = ({ op, attrs }: Tensor): object => {
    if (op !== withGradientOp) return attrs;
    const { vjp } = attrs as { vjp: (dy: Tensor) => readonly (Tensor | null)[] };
    return {
      vjp: (dy: Tensor) => {
        replaced.set(dy, dy);
        return vjp(dy).map((gradient) => gradient && replace(gradient));
      },
    };
  };
  return replace;
}

import { literal, shapeError, valueError } from "../errors.ts";
import type { DType } from "../ir/dtype.ts";
import { formatShape, withUnknownExtents } from "../ir/shape.ts";
import { div } from "../tensor/ops/elementwise.ts";
import { placeholder } from "../tensor/ops/leaf.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { BatchShape, Layer } from "./layer.ts";
import { type CallContext, shapesOnly } from "./recording.ts";
import { type Application, SymbolicTensor } from "./symbolic.ts";

/** One or several, as a list. */
export function listOf<T extends object>(items: T | readonly T[]): readonly T[] {
  return Array.isArray(items) ? items : [items as T];
}

/** An output of a layer of which only shape and dtype are known. */
interface OutputSpec {
  readonly shape: BatchShape;
  readonly dtype: DType;
}

/**
 * @throws ShapeError where the layer is new and its `inputShape` contradicts the input. A layer that was used before
 * may be used with other shapes; Keras warns of inputShape here.
 */
export function checkInputShape({ inputShape, built, label }: Layer, input: unknown): void {
  if (!inputShape || built || !(input instanceof SymbolicTensor) || agree([null, ...inputShape], input.shape)) return;
  throw shapeError(label, {
    rule: "inputShape contradicts what comes in",
    expected: formatShape(input.shape.slice(1)),
    received: formatShape(inputShape),
    advice: "Leave it out: only a first layer needs it.",
  });
}

/** Adds a use of a layer to a functional model. See `Layer.applyAll`. */
export function applyToSymbols(
  layer: Layer,
  inputs: SymbolicTensor | readonly SymbolicTensor[],
  takesList: boolean,
): SymbolicTensor[] {
  const single = inputs instanceof SymbolicTensor;
  // A copy: the caller may change a list of its own later.
  const list = [...listOf(inputs)];
  const stranger = list.findIndex((item) => !(item instanceof SymbolicTensor));
  if (stranger >= 0) {
    throw valueError(layer.label, {
      rule: "a layer is applied to what input(…) or another layer gave",
      expected: "a symbolic tensor",
      received: list[stranger],
      advice: "For numbers use model.predict(x); within call, jit and trainStep write layer.apply(x, ctx).",
    });
  }
  if (!single && !takesList) {
    throw valueError(layer.label, {
      rule: "takes one input",
      expected: "one result of apply or input",
      received: `a list of ${list.length}`,
      advice: "Apply it to each, or to concatenate().apply([…]).",
    });
  }
  if (!layer.makeStage && list.some(({ dtype }) => dtype === "string")) {
    throw valueError(layer.label, {
      rule: "takes numbers",
      expected: "textVectorization or stringLookup before it",
      received: "strings",
    });
  }
  const shapes = list.map((input) => input.shape);
  layer.ensureBuilt(single ? inputs.shape : shapes);
  const outputs: SymbolicTensor[] = [];
  const source: Application = { layer, inputs: list, single, outputs };
  const dtypes = list.map((input) => input.dtype) as DType[];
  for (const { shape, dtype } of outputSpecs(layer, shapes, dtypes, single))
    outputs.push(new SymbolicTensor(shape, dtype, source));
  return outputs;
}

/** Shapes and dtypes of a layer's outputs, found by recording its maths once with unknown extents. */
export function outputSpecs(
  layer: Layer,
  shapes: readonly BatchShape[],
  dtypes: readonly DType[],
  single: boolean,
): OutputSpec[] {
  return withUnknownExtents(() => {
    const inputs = shapes.map((shape, index) =>
      placeholder(
        `input_${index}`,
        shape.map((extent) => extent ?? Number.NaN),
        dtypes[index],
      ),
    );
    const outputs = checkOutputs(layer, layer.call(single ? (inputs[0] as Tensor) : inputs, shapesOnly));
    return outputs.map(({ shape, dtype }) => ({ shape: shape.map(knownOrNull), dtype }));
  });
}

/** Records one use of a layer on tensors. See `Layer.applyAll`. */
export function applyToTensors(layer: Layer, inputs: Tensor | readonly Tensor[], ctx: CallContext): readonly Tensor[] {
  if (!layer.built) {
    const shapes = listOf(inputs).map(({ shape }) => shape.map(knownOrNull));
    ctx.build(layer, Array.isArray(inputs) ? shapes : (shapes[0] as BatchShape));
  }
  const outputs = checkOutputs(layer, layer.call(inputs, ctx));
  passMasks(layer, inputs, outputs, ctx);
  const { activityPenalty } = layer;
  if (activityPenalty) for (const output of outputs) ctx.addLoss(div(activityPenalty(output), output.shape[0] ?? 1));
  ctx.observe(layer, outputs, listOf(inputs));
  return outputs;
}

/** Layers that have warned that they drop a mask: once is enough. */
const warned = /* @__PURE__ */ new WeakSet<Layer>();

/** Gives masks to outputs. Those that `call` has set itself stay. */
function passMasks(
  layer: Layer,
  inputs: Tensor | readonly Tensor[],
  outputs: readonly Tensor[],
  ctx: CallContext,
): void {
  if (outputs.every((output) => ctx.maskOf(output))) return;
  if (layer.supportsMasking) {
    const computed = layer.computeMask(inputs, ctx);
    const masks = computed === undefined || computed instanceof Tensor ? [computed] : computed;
    outputs.forEach((output, index) => {
      const mask = masks[index];
      if (mask && !ctx.maskOf(output)) ctx.setMask(output, mask, layer.label);
    });
  } else if (!warned.has(layer) && listOf(inputs).some((input) => ctx.maskOf(input))) {
    warned.add(layer);
    console.warn(
      `${layer.label}: drops the mask of its input, because its steps are not the input's. Layers behind it see all steps.`,
    );
  }
}

/** What `call` gave, as a list. @throws ValueError where it holds what is no tensor. */
function checkOutputs(layer: Layer, given: Tensor | readonly Tensor[]): readonly Tensor[] {
  const outputs = listOf(given);
  const wrong = outputs.findIndex((output) => !(output instanceof Tensor));
  if (wrong < 0) return outputs;
  throw valueError(layer.label, {
    rule: "a layer's function gives a tensor",
    expected: "the result of ops",
    received: literal(outputs[wrong]),
  });
}

const knownOrNull = (extent: number): number | null => (Number.isNaN(extent) ? null : extent);

/** Whether two shapes may be the same. */
export const agree = (a: BatchShape, b: BatchShape): boolean =>
  a.length === b.length && a.every((extent, axis) => extent === null || b[axis] === null || extent === b[axis]);

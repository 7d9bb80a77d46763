// A recurrent layer run in both directions.
import { lookUp, valueError } from "../../errors.ts";
import { type OwnTable, withArguments } from "../../options.ts";
import { add, mul } from "../../tensor/ops/elementwise.ts";
import { concat } from "../../tensor/ops/joining.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type BatchShape, type CallContext, describeLayer, Layer, type LayerOptions, listOf } from "../layer.ts";
import { Recurrent } from "./rnn.ts";

/** How the outputs of both directions become one. */
const merges = {
  concat: (a: Tensor, b: Tensor) => concat([a, b]),
  sum: (a: Tensor, b: Tensor) => add(a, b),
  mul: (a: Tensor, b: Tensor) => mul(a, b),
  ave: (a: Tensor, b: Tensor) => mul(add(a, b), 0.5),
};

/** Options of {@link bidirectional}. */
export interface BidirectionalOptions extends LayerOptions {
  /** "concat" joins the outputs, "ave" is their mean; null gives both. Default "concat". */
  mergeMode?: keyof typeof merges | null;
  /** What reads from the end, with goBackwards. Default: as the layer that reads from the start. */
  backwardLayer?: Recurrent;
}

type BidirectionalConfig = BidirectionalOptions & {
  /** The layer that reads forward. */
  layer: Recurrent;
};

const bidirectionalTable: OwnTable<BidirectionalConfig, LayerOptions> = {
  layer: "object!",
  mergeMode: "string or null",
  backwardLayer: "object",
};

/** See {@link bidirectional}. */
export class Bidirectional extends Layer<BidirectionalConfig> {
  readonly forward: Recurrent;
  readonly backward: Recurrent;

  constructor(options: BidirectionalConfig) {
    super("bidirectional", options, bidirectionalTable);
    const { layer, backwardLayer, mergeMode = "concat" } = this.config;
    if (!(layer instanceof Recurrent)) {
      throw valueError(this.label, {
        rule: "runs a recurrent layer both ways",
        expected: "a layer such as lstm(32)",
        received: layer,
      });
    }
    if (mergeMode !== null) lookUp(this.label, "mergeMode", merges, mergeMode);
    const { returnSequences = false } = layer.options;
    const last = backwardLayer ?? layer.copy({ goBackwards: !layer.options.goBackwards });
    for (const name of ["returnSequences", "returnState", "stateful", "goBackwards"] as const) {
      const [a, b] = [layer, last].map(({ options }) => options[name] ?? false);
      if ((a === b) === (name !== "goBackwards")) continue;
      throw valueError(this.label, {
        rule: `both layers must ${name === "goBackwards" ? "differ" : "agree"} in ${name}`,
        expected: name === "goBackwards" ? !a : a,
        received: b,
      });
    }
    // Copies, as in Keras: a layer may be given to several wrappers without sharing weights. Masked outputs are 0,
    // since one direction's last is the other's first.
    const [forward, backward] = [layer, last].map((each, index) =>
      Object.assign(each.copy({ zeroOutputForMask: returnSequences }), {
        nameRule: () => `${index === 0 ? "forward" : "backward"}_${layer.name}`,
        keepsTime: true,
      }),
    ) as [Recurrent, Recurrent];
    this.forward = forward;
    this.backward = backward;
  }

  protected override get takesList(): boolean {
    return true;
  }

  override get sublayers(): readonly Layer[] {
    return [this.forward, this.backward];
  }

  /** The layer that was copied has no weights in use, but the copies' names follow from its. */
  override get namedParts(): readonly Layer[] {
    return [this.config.layer, ...this.sublayers];
  }

  /** Sets the states of stateful layers to 0. */
  resetStates(): void {
    this.forward.resetStates();
    this.backward.resetStates();
  }

  override build(inputShape: BatchShape | readonly BatchShape[]): void {
    this.forward.ensureBuilt(inputShape);
    this.backward.ensureBuilt(inputShape);
  }

  override call(inputs: Tensor | readonly Tensor[], ctx: CallContext): Tensor | readonly Tensor[] {
    const [x, ...given] = listOf(inputs) as readonly [Tensor, ...Tensor[]];
    const half = this.forward.stateSizes.length;
    const [[first, ...states], [last, ...lastStates]] = [
      this.forward.applyAll(given.length > 0 ? [x, ...given.slice(0, half)] : x, ctx),
      this.backward.applyAll(given.length > 0 ? [x, ...given.slice(half)] : x, ctx),
    ] as [[Tensor, ...Tensor[]], [Tensor, ...Tensor[]]];
    const { mergeMode = "concat" } = this.config;
    const outputs = mergeMode === null ? [first, last] : [merges[mergeMode](first, last)];
    const all = [...outputs, ...states, ...lastStates];
    return all.length === 1 ? (all[0] as Tensor) : all;
  }

  /** That of the input where outputs are sequences. */
  override computeMask(inputs: Tensor | readonly Tensor[], ctx: CallContext): readonly (Tensor | undefined)[] {
    const mask = this.forward.options.returnSequences ? ctx.maskOf(listOf(inputs)[0] as Tensor) : undefined;
    return this.config.mergeMode === null ? [mask, mask] : [mask];
  }

  override getConfig(): Record<string, unknown> {
    const { layer, backwardLayer } = this.config;
    return {
      ...super.getConfig(),
      layer: describeLayer(layer),
      ...(backwardLayer ? { backwardLayer: describeLayer(backwardLayer) } : {}),
    };
  }
}

/**
 * Runs copies of a recurrent layer over sequences from both ends, each with weights of its own. Outputs of both are
 * in the order of time. Shapes: x [batch, time, features], or [x, ...forward states, ...backward states]; gives what
 * the layer gives, with twice the units where outputs are joined; with returnState also the forward, then the backward
 * states.
 * @param layer a recurrent layer, such as `lstm(…)`; it is copied, its own weights are not used.
 * @throws ValueError on something else, an unknown mergeMode, or a backwardLayer that does not match.
 * @see Schuster & Paliwal 1997; Keras 3 `layers.Bidirectional`.
 */
export function bidirectional(layer: Recurrent, options: BidirectionalOptions = {}): Bidirectional {
  return new Bidirectional(withArguments("bidirectional", options, "mergeMode", { layer }));
}

import { lookUp, shapeError, stateError, valueError } from "../errors.ts";
import { append } from "../tensor/append.ts";
import { formatShape, mayEqual } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { findApplications, inModelOrder } from "./graph.ts";
import { type BatchShape, type CallContext, Layer, type LayerOptions, listOf } from "./layer.ts";
import { type Application, SymbolicTensor } from "./symbolic.ts";

/** Options of {@link Network}. */
export type NetworkOptions = Pick<LayerOptions, "name" | "trainable">;

/**
 * A layer that is a graph of layers: everything between `inputs` and `outputs`. It can be used inside another network like any layer;
 * layers that are applied several times share their weights.
 *
 * @throws ValueError where two layers or two inputs have one name, or an input is listed twice; StateError where an output does not come from the inputs.
 */
export class Network extends Layer {
  /** In model order: the order of the weights, of summaries, and of `layers.slice(…)`. */
  readonly layers: readonly Layer[];
  /** The uses of layers, each after those that it needs. */
  protected readonly applications: readonly Application[];
  private readonly uses = new Map<Layer, Application[]>();

  constructor(
    readonly inputs: readonly SymbolicTensor[],
    readonly outputs: readonly SymbolicTensor[],
    options: NetworkOptions = {},
    kind = "network",
  ) {
    super(kind, options);
    this.checkEnds();
    this.applications = findApplications(this.label, inputs, outputs);
    this.layers = inModelOrder(this.applications, inputs, outputs);
    for (const use of this.applications) append(this.uses, use.layer, use);
    this.checkNames();
    if (options.trainable === false) this.trainable = false;
  }

  override get sublayers(): readonly Layer[] {
    // The base class asks while it constructs, before there are layers.
    return this.layers ?? [];
  }

  /** The layer of that name. @throws ValueError, with the nearest names, where there is none. */
  getLayer(name: string): Layer {
    return lookUp(this.label, "layer", Object.fromEntries(this.layers.map((layer) => [layer.name, layer])), name);
  }

  /** Output shapes of a layer, one per use; none where the layer is not of this network. */
  shapesOf(layer: Layer): readonly BatchShape[] {
    return (this.uses.get(layer) ?? []).map((use) => (use.outputs[0] as SymbolicTensor).shape);
  }

  /** The layers whose outputs a layer takes, by name; inputs by theirs. */
  feedersOf(layer: Layer): readonly string[] {
    return (this.uses.get(layer) ?? []).flatMap((use) => use.inputs.map((tensor) => tensor.layer?.name ?? this.nameOf(tensor)));
  }

  /** The key under which an input is fed. */
  nameOf(input: SymbolicTensor): string {
    return input.name ?? `input_${this.inputs.indexOf(input)}`;
  }

  /** The least limit of the layers that an input reaches, alone or through layers that keep its numbers. */
  override indexLimit(input: number): number | undefined {
    const reached = [this.inputs[input]];
    let least: number | undefined;
    // The list grows while it is read.
    for (const tensor of reached) {
      for (const { layer, inputs, outputs } of this.applications) {
        const at = inputs.indexOf(tensor as SymbolicTensor);
        if (at < 0) continue;
        const limit = layer.indexLimit(at);
        if (limit !== undefined && !(limit > (least ?? limit))) least = limit;
        if (layer.keepsNumbers) reached.push(...outputs);
      }
    }
    return least;
  }

  override call(inputs: Tensor | readonly Tensor[], ctx: CallContext): Tensor | readonly Tensor[] {
    if (!ctx)
      throw stateError(this.label, { rule: "call records a part of a program", expected: "predict(x), or apply(input) in a model", received: "call(x)" });
    const values = new Map<SymbolicTensor, Tensor>();
    this.bind(listOf(inputs)).forEach((value, index) => {
      values.set(this.inputs[index] as SymbolicTensor, value);
    });
    for (const { layer, inputs: sources, single, outputs } of this.applications) {
      const given = sources.map((source) => values.get(source) as Tensor);
      const results = listOf(layer.invoke(single ? (given[0] as Tensor) : given, ctx));
      outputs.forEach((output, index) => {
        values.set(output, results[index] as Tensor);
      });
    }
    const results = this.outputs.map((output) => values.get(output) as Tensor);
    return results.length === 1 ? (results[0] as Tensor) : results;
  }

  /** Nothing of its own: the layers inside have set the masks of what they made. */
  override computeMask(): undefined {
    return undefined;
  }

  /** A network of equal layers with fresh weights under the same names. */
  override clone(): Layer {
    const { inputs, outputs } = this.cloneGraph();
    return new Network(inputs, outputs, { name: this.name, trainable: this.trainable });
  }

  /** Clones all layers and applies the copies as the originals were. */
  protected cloneGraph(): { inputs: SymbolicTensor[]; outputs: SymbolicTensor[] } {
    const layers = new Map(this.layers.map((layer) => [layer, layer.clone()]));
    const copies = new Map(this.inputs.map((input) => [input, new SymbolicTensor(input.shape, input.dtype, undefined, this.nameOf(input))]));
    for (const { layer, inputs, single, outputs } of this.applications) {
      const sources = inputs.map((source) => copies.get(source) as SymbolicTensor);
      const results = (layers.get(layer) as Layer).applyAll(single ? (sources[0] as SymbolicTensor) : sources);
      outputs.forEach((output, index) => {
        copies.set(output, results[index] as SymbolicTensor);
      });
    }
    const pick = (tensors: readonly SymbolicTensor[]) => tensors.map((tensor) => copies.get(tensor) as SymbolicTensor);
    return { inputs: pick(this.inputs), outputs: pick(this.outputs) };
  }

  /** The graph as plain data: layers with their options, and who takes what ([use, output]; use −1 is an input). */
  override getConfig(): Record<string, unknown> {
    const places = new Map<SymbolicTensor, [number, number]>();
    for (const [use, { outputs }] of this.applications.entries()) for (const [at, tensor] of outputs.entries()) places.set(tensor, [use, at]);
    for (const [at, tensor] of this.inputs.entries()) places.set(tensor, [-1, at]);
    const reference = (tensor: SymbolicTensor) => places.get(tensor) as [number, number];
    const layerPlaces = new Map(this.layers.map((layer, index) => [layer, index]));
    return {
      name: this.name,
      trainable: this.trainable,
      inputs: this.inputs.map((input) => ({ name: this.nameOf(input), shape: input.shape, dtype: input.dtype })),
      layers: this.layers.map((layer) => ({ kind: layer.kind, config: layer.getConfig() })),
      uses: this.applications.map(({ layer, inputs, single }) => ({ layer: layerPlaces.get(layer), inputs: inputs.map(reference), single })),
      outputs: this.outputs.map(reference),
    };
  }

  /** Checks number and shapes of what the network is given. */
  private bind(given: readonly Tensor[]): readonly Tensor[] {
    if (given.length !== this.inputs.length) {
      throw valueError(this.label, {
        rule: "one tensor per input",
        expected: `${this.inputs.length} (${this.inputs.map((t) => this.nameOf(t)).join(", ")})`,
        received: given.length,
      });
    }
    given.forEach((tensor, index) => {
      const input = this.inputs[index] as SymbolicTensor;
      const fits = tensor.rank === input.shape.length && input.shape.every((extent, axis) => extent === null || mayEqual(extent, tensor.shape[axis]));
      if (!fits) {
        throw shapeError(this.label, {
          rule: `input "${this.nameOf(input)}" has another shape`,
          expected: formatShape(input.shape),
          received: formatShape(tensor.shape),
          advice: "The first axis is the batch.",
        });
      }
    });
    return given;
  }

  private checkEnds(): void {
    for (const [what, tensors] of [
      ["inputs", this.inputs],
      ["outputs", this.outputs],
    ] as const) {
      if (!Array.isArray(tensors) || tensors.length === 0 || tensors.some((tensor) => !(tensor instanceof SymbolicTensor))) {
        throw valueError(this.label, {
          rule: `${what} must be a list of symbolic tensors`,
          expected: "what input(…) or layer.apply(…) gave",
          received: Array.isArray(tensors) && tensors.length === 0 ? "an empty list" : tensors,
        });
      }
    }
    const names = this.inputs.map((tensor) => this.nameOf(tensor));
    if (new Set(names).size < names.length) {
      throw valueError(this.label, { rule: "each input may be listed once, and has a name of its own", expected: "different names", received: names });
    }
  }

  private checkNames(): void {
    const seen = new Map<string, Layer>();
    for (const layer of this.layers) {
      const other = seen.get(layer.name);
      if (other) {
        throw valueError(this.label, {
          rule: "layer names must be unique",
          expected: "different names",
          received: `"${layer.name}" twice (${other.kind} and ${layer.kind})`,
          advice: "Give one of them another name.",
        });
      }
      seen.set(layer.name, layer);
    }
  }
}

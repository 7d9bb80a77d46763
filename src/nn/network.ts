import { lookUp, shapeError, stateError, valueError } from "../errors.ts";
import { append } from "../ir/append.ts";
import { formatShape, mayEqual } from "../ir/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { HostStage, Start } from "./host-stage.ts";
import { type BatchShape, type CallContext, Layer, type LayerOptions, listOf } from "./layer.ts";
import { nameLayers, uniqueNames } from "./layer-names.ts";
import { findApplications, inModelOrder } from "./model-graph.ts";
import { countOf } from "./summary.ts";
import { type Application, SymbolicTensor } from "./symbolic.ts";

/** Options of {@link Network}. */
export type NetworkOptions = Pick<LayerOptions, "name" | "trainable">;

/**
 * A layer that consists of a graph of layers, from `inputs` to `outputs`. It can be used inside another network like
 * any layer. A layer that is applied several times has one set of weights.
 *
 * @throws ValueError where two layers or two inputs have one name, or an input is listed twice; StateError where an
 * output does not come from the inputs.
 */
export class Network extends Layer {
  readonly inputs: readonly SymbolicTensor[] = [];
  readonly outputs: readonly SymbolicTensor[] = [];
  /** Where recording begins: the inputs, or what layers that work on the host make of them. */
  readonly starts: readonly Start[] = [];
  /** What is computed on the host; undefined without layers that work there. */
  readonly stage: HostStage | undefined;
  /** In model order: the order of the weights, of summaries, and of `layers.slice(…)`. */
  readonly layers: readonly Layer[] = [];
  /** The uses of layers, each after those that it needs. */
  protected readonly applications: readonly Application[] = [];
  private readonly names: ReadonlyMap<Layer | SymbolicTensor, string> = new Map();
  private readonly uses: ReadonlyMap<Layer, readonly Application[]> = new Map();

  /** Without inputs and outputs the network is connected later. */
  constructor(
    inputs: readonly SymbolicTensor[] | undefined,
    outputs: readonly SymbolicTensor[] | undefined,
    options: NetworkOptions = {},
    kind = "network",
  ) {
    super(kind, options);
    if (inputs && outputs) this.connect(inputs, outputs);
    if (options.trainable === false) this.trainable = false;
  }

  /** Makes everything between these ends the network. Where it throws, nothing has changed. */
  protected connect(inputs: readonly SymbolicTensor[], outputs: readonly SymbolicTensor[]): void {
    this.checkEnds(inputs, outputs);
    const inputNames = uniqueNames(this.label, "input", new Set(inputs));
    const applications = findApplications(this.label, inputs, outputs);
    const layerNames = nameLayers(
      this.label,
      applications.map(({ layer }) => layer),
    );
    const makeStage = applications.find(({ layer }) => layer.makeStage)?.layer.makeStage;
    const stage = makeStage?.(this, inputs, outputs, applications);
    const uses = new Map<Layer, Application[]>();
    for (const use of applications) append(uses, use.layer, use);
    Object.assign(this, {
      inputs,
      outputs,
      applications,
      stage,
      makeStage,
      starts: stage?.starts ?? inputs,
      layers: inModelOrder(applications, inputs, outputs),
      names: new Map<Layer | SymbolicTensor, string>([...inputNames, ...layerNames]),
      uses,
    });
  }

  /** Connects it to nothing, where it was. */
  override undoBuild(): void {
    Object.assign(this, { inputs: [], starts: [], stage: undefined, outputs: [], applications: [], uses: new Map() });
  }

  /** False only for a sequential model whose input is not known yet. */
  override get built(): boolean {
    return this.inputs.length > 0;
  }

  override get sublayers(): readonly Layer[] {
    // The constructor of the base class asks before there are layers.
    return this.layers ?? [];
  }

  /** The layer of that name. @throws ValueError, with the nearest names, where there is none. */
  getLayer(name: string): Layer {
    return lookUp(
      this.label,
      "layer",
      Object.fromEntries(this.layers.map((layer) => [this.nameOf(layer), layer])),
      name,
    );
  }

  /** The first output's shape for each use of a layer; none where the layer is not part of this network. */
  shapesOf(layer: Layer): readonly BatchShape[] {
    return (this.uses.get(layer) ?? []).map((use) => (use.outputs[0] as SymbolicTensor).shape);
  }

  /** The names of the layers and inputs that a layer takes its inputs from. */
  feedersOf(layer: Layer): readonly string[] {
    return (this.uses.get(layer) ?? []).flatMap((use) =>
      use.inputs.map((tensor) => this.nameOf(this.inputs.includes(tensor) ? tensor : (tensor.layer ?? tensor))),
    );
  }

  /**
   * The name of a layer in this model, or the key under which an input is fed. Mostly the layer's `name`; where two
   * layers were given the same automatic name by models that they were part of before, the second has another one here.
   */
  nameOf(part: Layer | SymbolicTensor): string {
    return this.names?.get(part) ?? part.name ?? part.kind;
  }

  /** The smallest limit of the layers that an input reaches, directly or through layers that keep its numbers. */
  override indexLimit(input: number): number | undefined {
    const reached: SymbolicTensor[] = [this.starts[input] as Start];
    let least: number | undefined;
    // The list grows while it is read.
    for (const tensor of reached) {
      for (const { layer, inputs, outputs } of this.stage?.recorded ?? this.applications) {
        const at = inputs.indexOf(tensor);
        if (at < 0) continue;
        const limit = layer.indexLimit(at);
        if (limit !== undefined && !(limit > (least ?? limit))) least = limit;
        if (layer.keepsNumbers) reached.push(...outputs);
      }
    }
    return least;
  }

  override applyAll(inputs: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor[];
  override applyAll(inputs: Tensor | readonly Tensor[], ctx: CallContext): readonly Tensor[];
  override applyAll(inputs: unknown, ctx?: CallContext): SymbolicTensor[] & readonly Tensor[] {
    const outputs = this.stage?.applyTo(inputs) ?? super.applyAll(inputs as Tensor, ctx as CallContext);
    return outputs as SymbolicTensor[] & readonly Tensor[];
  }

  override call(inputs: Tensor | readonly Tensor[], ctx: CallContext): Tensor | readonly Tensor[] {
    if (!ctx)
      throw stateError(this.label, {
        rule: "call records a part of a program",
        expected: "predict(x), or apply(input) in a model",
        received: "call(x)",
      });
    const values = new Map<SymbolicTensor, Tensor>();
    this.bind(listOf(inputs)).forEach((value, index) => {
      values.set(this.starts[index] as Start, value);
    });
    for (const { layer, inputs: sources, single, outputs } of this.stage?.recorded ?? this.applications) {
      const given = sources.map((source) => values.get(source) as Tensor);
      const results = layer.applyAll(single ? (given[0] as Tensor) : given, ctx);
      outputs.forEach((output, index) => {
        values.set(output, results[index] as Tensor);
      });
    }
    const results = this.outputs.map((output) => values.get(output) as Tensor);
    return results.length === 1 ? (results[0] as Tensor) : results;
  }

  /** None: the layers inside have set the masks of their outputs. */
  override computeMask(): undefined {
    return undefined;
  }

  /** A network of equal layers with fresh weights under the same names. */
  protected override makeCopy(copies: Map<Layer, Layer>): Layer {
    const { inputs, outputs } = this.cloneGraph(copies);
    return new Network(inputs, outputs, { ...this.config, trainable: this.trainable });
  }

  /** Clones all layers and applies the copies as the originals were. */
  protected cloneGraph(layers: Map<Layer, Layer>): { inputs: SymbolicTensor[]; outputs: SymbolicTensor[] } {
    // Layers that hold others come first: their clones bring clones of what they hold.
    for (const layer of [...this.layers].sort((a, b) => nesting(b) - nesting(a))) layer.clone(layers);
    const copies = new Map(
      this.inputs.map((input) => [input, new SymbolicTensor(input.shape, input.dtype, undefined, this.nameOf(input))]),
    );
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

  /** `sequential "sequential": [null, 28, 28] → [null, 10], 3 layers, 266610 parameters`. */
  override toString(): string {
    if (!this.built) return `${this.label}: not built, ${this.layers.length} layers`;
    const shapes = (tensors: readonly SymbolicTensor[]) => tensors.map(({ shape }) => formatShape(shape)).join(", ");
    const { inputs, outputs, layers } = this;
    return `${this.label}: ${shapes(inputs)} → ${shapes(outputs)}, ${layers.length} layers, ${countOf(this.variables)} parameters`;
  }

  /**
   * The graph as plain data: layers with their options, and the sources of each use: [use, output], use −1 is an input.
   */
  override getConfig(): Record<string, unknown> {
    const places = new Map<SymbolicTensor, [number, number]>();
    for (const [use, { outputs }] of this.applications.entries())
      for (const [at, tensor] of outputs.entries()) places.set(tensor, [use, at]);
    for (const [at, tensor] of this.inputs.entries()) places.set(tensor, [-1, at]);
    const reference = (tensor: SymbolicTensor) => places.get(tensor) as [number, number];
    const layerPlaces = new Map(this.layers.map((layer, index) => [layer, index]));
    const name = this.ownName ?? this.automaticName;
    return {
      ...(name !== undefined && { name }),
      trainable: this.trainable,
      inputs: this.inputs.map((input) => ({ name: this.nameOf(input), shape: input.shape, dtype: input.dtype })),
      layers: this.layers.map((layer) => ({
        kind: layer.kind,
        config: { ...layer.getConfig(), name: this.nameOf(layer) },
      })),
      uses: this.applications.map(({ layer, inputs, single }) => ({
        layer: layerPlaces.get(layer),
        inputs: inputs.map(reference),
        single,
      })),
      outputs: this.outputs.map(reference),
    };
  }

  /** Checks the number and the shapes of the tensors that the network is called with. */
  private bind(given: readonly Tensor[]): readonly Tensor[] {
    if (given.length !== this.starts.length) {
      throw valueError(this.label, {
        rule: "one tensor per input",
        expected: `${this.starts.length} (${this.starts.map((t) => this.nameOf(t)).join(", ")})`,
        received: given.length,
      });
    }
    given.forEach((tensor, index) => {
      const input = this.starts[index] as Start;
      const fits =
        tensor.rank === input.shape.length &&
        input.shape.every((extent, axis) => extent === null || mayEqual(extent, tensor.shape[axis]));
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

  private checkEnds(inputs: readonly SymbolicTensor[], outputs: readonly SymbolicTensor[]): void {
    for (const [what, tensors] of Object.entries({ inputs, outputs })) {
      if (
        !Array.isArray(tensors) ||
        tensors.length === 0 ||
        tensors.some((tensor) => !(tensor instanceof SymbolicTensor))
      ) {
        throw valueError(this.label, {
          rule: `${what} must be a list of symbolic tensors`,
          expected: "what input(…) or layer.apply(…) gave",
          received: Array.isArray(tensors) && tensors.length === 0 ? "an empty list" : tensors,
        });
      }
    }
    const names = inputs.map((tensor) => this.nameOf(tensor));
    if (new Set(inputs.map((tensor) => tensor.ownName ?? tensor)).size < names.length) {
      throw valueError(this.label, {
        rule: "each input may be listed once, and has a name of its own",
        expected: "different names",
        received: names,
      });
    }
  }
}

/** How many levels of layers there are, the layer itself included. */
const nesting = (layer: Layer): number => 1 + Math.max(0, ...layer.sublayers.map(nesting));

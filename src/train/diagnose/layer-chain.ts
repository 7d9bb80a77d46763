// Which layers lie behind which: networks with several inputs and outputs are no single chain.
import type { LayerMeasures, Measures } from "./measures.ts";

/** The layers in which gradients are compared: all with weights that train, but lookups and normalizations. */
export class LayerChain {
  /** In the order of computation. */
  readonly layers: readonly LayerMeasures[];
  /** By name the names of all layers, of any kind, that it depends on. */
  private readonly ancestors = new Map<string, ReadonlySet<string>>();
  /** Names of all layers that a layer of the chain depends on. */
  private readonly inner: ReadonlySet<string>;

  constructor({ layers }: Measures, isCompared: (layer: LayerMeasures) => boolean = () => true) {
    for (const { name, predecessors } of layers)
      this.ancestors.set(name, new Set(predecessors.flatMap((one) => [one, ...this.ancestorsOf(one)])));
    this.layers = layers.filter(
      (layer) => layer.trains && layer.gradients && !/embedding|normalization/i.test(layer.kind) && isCompared(layer),
    );
    this.inner = new Set(this.layers.flatMap(({ name }) => [...this.ancestorsOf(name)]));
  }

  /** Whether no layer of the chain depends on this one: the last layer of an output, and what follows it. */
  isLast({ name }: Pick<LayerMeasures, "name">): boolean {
    return !this.inner.has(name);
  }

  /** Whether `later` depends on `earlier`. */
  depends(later: LayerMeasures, earlier: LayerMeasures): boolean {
    return this.ancestorsOf(later.name).has(earlier.name);
  }

  /** The layers of the chain from one to another that depends on it: with the first, without the other. */
  between(from: LayerMeasures, to: LayerMeasures): LayerMeasures[] {
    return this.layers.filter((layer) => (layer === from || this.depends(layer, from)) && this.depends(to, layer));
  }

  private ancestorsOf(name: string): ReadonlySet<string> {
    return this.ancestors.get(name) ?? new Set();
  }
}

import { valueError } from "../../errors.ts";
import { describeLayer, Layer, type LayerOptions } from "../layer.ts";

/** A layer around another one, which is in its options. */
export abstract class Wrapper<O extends LayerOptions & { layer: Layer }> extends Layer {
  /** @param does what it does to the layer, for the message where it is none. */
  constructor(
    kind: string,
    protected readonly options: O,
    does: string,
  ) {
    super(kind, options);
    if (!(options.layer instanceof Layer)) {
      throw valueError(this.label, { rule: does, expected: "a layer such as dense(10)", received: options.layer });
    }
  }

  override get sublayers(): readonly Layer[] {
    // The base class may ask before there are options.
    return this.options ? [this.options.layer] : [];
  }

  override indexLimit(input: number): number | undefined {
    return this.options.layer.indexLimit(input);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), layer: describeLayer(this.options.layer) };
  }

  protected override makeCopy(copies: Map<Layer, Layer>): Layer {
    const Same = this.constructor as new (options: O) => Layer;
    return new Same({ ...this.options, trainable: this.trainable, layer: this.options.layer.clone(copies) });
  }
}

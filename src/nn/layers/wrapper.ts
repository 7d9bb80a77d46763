// The base class of layers around another layer.
import { valueError } from "../../errors.ts";
import type { OwnTable } from "../../options.ts";
import { describeLayer, Layer, type LayerOptions } from "../layer.ts";

/** A layer around another one, which is in its options. */
export abstract class Wrapper<O extends LayerOptions & { layer: Layer }> extends Layer<O> {
  /** @param does what it does to the layer, for the message where it is none. */
  constructor(kind: string, options: O, table: OwnTable<O, LayerOptions>, does: string) {
    super(kind, options, table);
    if (!(options.layer instanceof Layer)) {
      throw valueError(this.label, { rule: does, expected: "a layer such as dense(10)", received: options.layer });
    }
  }

  override get sublayers(): readonly Layer[] {
    // The base class may ask before there are options.
    return this.config?.layer ? [this.config.layer] : [];
  }

  override indexLimit(input: number): number | undefined {
    return this.config.layer.indexLimit(input);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), layer: describeLayer(this.config.layer) };
  }

  protected override makeCopy(copies: Map<Layer, Layer>): Layer {
    const Same = this.constructor as new (options: O) => Layer;
    return new Same({ ...this.config, trainable: this.trainable, layer: this.config.layer.clone(copies) });
  }
}

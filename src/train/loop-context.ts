import type { BatchShape, CallContext, Layer } from "../nn/layer.ts";
import { Recording, type RecordingOptions } from "../nn/recording.ts";
import { streamOf } from "../nn/stream.ts";
import type { RandomOptions } from "../tensor/ops/random.ts";

/** What a function may use that `jit` or `trainStep` records: all that a layer may, and random numbers of its own. */
export interface LoopContext extends CallContext {
  /**
   * For random ops: numbers that are drawn in each run, and of another stream for each call of `random`. The same
   * seed gives the same numbers.
   * @example ops.randomNormal([8], ctx.random()); ops.randomBernoulli([8], { ...ctx.random(), p: 0.1 });
   */
  random(): Pick<RandomOptions, "seed" | "stream">;
  /** The same recording in inference: no dropout, and batch normalization by its moving averages, which stay. */
  readonly inference: LoopContext;
}

/**
 * The recording of a function of one's own. There is no model to say where a layer is, so random streams go by the
 * order in which layers are first used: the same in each recording of one function.
 */
export class FunctionRecording extends Recording implements LoopContext {
  private readonly order = new Map<Layer, number>();
  /** How many streams were given out, by place. */
  private readonly counts = new Map<string, number>();

  /** @param seed of the first weights of layers that are built when they are used. */
  constructor(
    private readonly seed: number,
    options: RecordingOptions,
  ) {
    super(undefined, options);
  }

  /** Layers that are in no model are built for any batch size. A model has a seed of its own. */
  override build(layer: Layer, inputShape: BatchShape | readonly BatchShape[]): void {
    const anyBatch = (shape: BatchShape): BatchShape => [null, ...shape.slice(1)];
    const isList = inputShape.some(Array.isArray);
    layer.ensureBuilt(
      isList ? (inputShape as readonly BatchShape[]).map(anyBatch) : anyBatch(inputShape as BatchShape),
    );
    layer.initialize(this.seed, `layer ${this.placeOf(layer)}`);
  }

  override stream(layer: Layer, use = 0): number {
    return this.next(`layer ${this.placeOf(layer)}#${use}`);
  }

  random(): { seed: RecordingOptions["key"]; stream: number } {
    return { seed: this.key, stream: this.next("random") };
  }

  get inference(): LoopContext {
    // What is recorded is shared with this one, through the prototype.
    return Object.assign(Object.create(this) as FunctionRecording, { training: false, noise: false });
  }

  private placeOf(layer: Layer): number {
    const place = this.order.get(layer) ?? this.order.size;
    this.order.set(layer, place);
    return place;
  }

  private next(place: string): number {
    const count = this.counts.get(place) ?? 0;
    this.counts.set(place, count + 1);
    return streamOf(`${place}#${count}`);
  }
}

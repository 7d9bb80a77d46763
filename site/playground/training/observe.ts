// Looks into a network: what each layer gives, its gradients, and the plane or images as it sees them.
import {
  type Backend,
  gradients,
  jit,
  type Layer,
  type LoopContext,
  losses,
  ops,
  type Tensor,
  type Variable,
} from "aretejs";
import { type ImageView, type LayerValues, type Prediction, type Surfaces, shownUnits } from "../messages.ts";
import { extent } from "../points-code.ts";
import type { Settings } from "../settings.ts";
import { type Data, inputFactor, type Samples } from "./data.ts";
import type { Network } from "./network.ts";

/** Points of a side of the grid. */
const side = 50;
const shownImages = 20;
/** Samples of which activations and gradients are measured. */
const measured = 256;

type Layered = Layer & { readonly kernel: Variable };

/** The points of the grid, as samples of the network. */
function grid(factor: number): Samples["x"] {
  const data = new Float32Array(side * side * 2);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const at = 2 * (row * side + column);
      data[at] = (((column + 0.5) / side) * 2 - 1) * extent * factor;
      data[at + 1] = (1 - ((row + 0.5) / side) * 2) * extent * factor;
    }
  }
  return { data, shape: [side * side, 2] };
}

/** Bytes around 128 for values around 0; the largest size is the end of the range. */
function toBytes(values: ArrayLike<number>, from: number, stride: number, count: number): Uint8Array {
  let largest = 1e-12;
  for (let i = 0; i < count; i++) largest = Math.max(largest, Math.abs(values[from + i * stride] as number) || 0);
  return Uint8Array.from({ length: count }, (_, i) => 128 + (127 * (values[from + i * stride] as number)) / largest);
}

/** The pixels of an image before they were scaled for the network. */
const pixelBytes = ({ x }: Samples, image: number, scale: number): Uint8Array =>
  Uint8Array.from(x.data.subarray(image * 784, (image + 1) * 784), (value) => (value * 255) / scale);

/** What is looked at in one network, recorded once and run again for each picture. */
export class Observer {
  private readonly look: (x: Samples["x"]) => Promise<Tensor[]>;
  private readonly measure: (x: Samples["x"], y: Samples["y"]) => Promise<{ activations: Tensor[]; slopes: Tensor[] }>;
  private readonly disposals: (() => void)[] = [];
  private readonly grid: Samples["x"] | undefined;
  private readonly sample: Samples;

  constructor(
    private readonly network: Network,
    private readonly settings: Settings,
    private readonly data: Data,
    backend: Backend | undefined,
  ) {
    const options = { seed: 1, ...(backend && { backend }) };
    const look = jit(
      (x: Tensor, ctx: LoopContext) => this.stagesOf(x, ctx).map((stage) => this.firstUnits(stage)),
      options,
    );
    const measure = jit((x: Tensor, y: Tensor, ctx: LoopContext) => {
      const activations = this.stagesOf(x, ctx);
      const output = activations.at(-1) as Tensor;
      const loss =
        settings.data === "fashion"
          ? losses.sparseCategoricalCrossentropy().call(y, output)
          : losses.binaryCrossentropy().call(ops.reshape(y, [y.shape[0] as number, 1]), output);
      const kernels = network.kernels.map((layer) => (layer as Layered).kernel);
      return { activations, slopes: gradients(ops.mean(loss), kernels) };
    }, options);
    this.look = look as unknown as Observer["look"];
    this.measure = measure as unknown as Observer["measure"];
    this.disposals.push(
      () => look.dispose(),
      () => measure.dispose(),
    );
    this.grid = settings.data === "fashion" ? undefined : grid(inputFactor(settings));
    this.sample = settings.data === "fashion" ? head(data.train, measured) : data.train;
  }

  dispose(): void {
    for (const dispose of this.disposals) dispose();
  }

  /** What each stage of the network gives for x. */
  private stagesOf(x: Tensor, ctx: LoopContext): Tensor[] {
    const { model, stages } = this.network;
    const found: Tensor[] = [];
    let value = x;
    for (const layer of model.layers) {
      value = layer.apply(value, ctx) as Tensor;
      if (stages.includes(layer)) found.push(value);
    }
    return found;
  }

  private firstUnits(stage: Tensor): Tensor {
    const [rows, units] = stage.shape as [number, number];
    return units > shownUnits && this.settings.data !== "fashion"
      ? ops.slice(stage, [0, 0], [rows, shownUnits])
      : stage;
  }

  async surfaces(): Promise<Surfaces | undefined> {
    if (!this.grid) return undefined;
    const stages = await this.look(this.grid);
    const values = await Promise.all(stages.map((stage) => stage.data()));
    const output = values.pop() as Float32Array;
    return {
      side,
      output: Uint8Array.from(output, (probability) => 255 * probability),
      units: values.map((layer) => {
        const units = layer.length / (side * side);
        return Array.from({ length: units }, (_, unit) => toBytes(layer, unit, units, side * side));
      }),
    };
  }

  async images(): Promise<ImageView | undefined> {
    if (this.settings.data !== "fashion") return undefined;
    const shown = head(this.data.validation, shownImages);
    const output = (await this.look(shown.x)).at(-1) as Tensor;
    const probabilities = await output.data();
    const scale = Number(this.settings.scale);
    const predictions = [...shown.y.data].map((label, image): Prediction => {
      const row = [...probabilities.subarray(10 * image, 10 * image + 10)];
      const probability = Math.max(...row);
      return {
        pixels: pixelBytes(shown, image, scale),
        label,
        // Where nothing is a number any more, no class is the largest.
        predicted: row.indexOf(probability),
        probability,
      };
    });
    return { predictions, filters: await this.filters() };
  }

  private async filters(): Promise<Uint8Array[]> {
    const [first] = this.network.kernels as readonly Layered[];
    if (first?.kernel.shape[0] !== 784) return [];
    const units = first.kernel.shape[1] as number;
    const weights = await first.kernel.read();
    return Array.from({ length: Math.min(units, 2 * shownUnits) }, (_, unit) => toBytes(weights, unit, units, 784));
  }

  async layers(): Promise<LayerValues[]> {
    const { activations, slopes } = await this.measure(this.sample.x, this.sample.y);
    const kernels = this.network.kernels as readonly Layered[];
    return Promise.all(
      kernels.map(async ({ kernel }, index) => ({
        name: index === kernels.length - 1 ? "output" : `layer ${index + 1}`,
        weights: copied(await kernel.read()),
        activations: copied(await (activations[index] as Tensor).data()),
        gradients: copied(await (slopes[index] as Tensor).data()),
      })),
    );
  }
}

const copied = (values: ArrayLike<number>) => Float32Array.from(values);

/** The first samples. */
function head({ x, y }: Samples, count: number): Samples {
  const rows = Math.min(count, y.data.length);
  const size = x.data.length / y.data.length;
  return {
    x: { data: x.data.subarray(0, rows * size), shape: [rows, ...x.shape.slice(1)] },
    y: { data: y.data.subarray(0, rows), shape: [rows] },
  };
}

/**
 * A convolutional autoencoder: two strided convolutions make 32 numbers of a garment, two transposed convolutions make
 * the garment of the numbers.
 *
 *     npx tsx examples/12-autoencoder.ts [--short]
 *
 * Printed by a full run (seed 42; 20 000 training images, batches of 32, 5 epochs, nadam at 0.002; 10 000 test images):
 *
 *     mean squared error per pixel: 0.0103; of the mean image: 0.0866
 *
 * "the mean image" is what always answering with the mean of the training images gives.
 */
import {
  conv2d,
  conv2dTranspose,
  dense,
  flatten,
  type HostArray,
  type Model,
  nadam,
  reshape,
  sequential,
} from "aretejs";
import { choose, type ExampleOptions, imagesOf, runAsScript } from "./shared.ts";

const CODE = 32;

export interface AutoencoderFigures {
  /** Mean squared error per pixel on the test images. */
  error: number;
  /** The same, of the mean training image. */
  errorOfMean: number;
}

/** [28, 28, 1] → 32 numbers → [28, 28, 1]. */
function autoencoder(): Model {
  return sequential(
    [
      conv2d(16, 3, {
        strides: 2,
        padding: "same",
        activation: "relu",
        kernelInitializer: "heNormal",
        inputShape: [28, 28, 1],
      }),
      conv2d(32, 3, { strides: 2, padding: "same", activation: "relu", kernelInitializer: "heNormal" }),
      flatten(),
      dense(CODE, { name: "code" }),
      dense(7 * 7 * 32, { activation: "relu", kernelInitializer: "heNormal" }),
      reshape([7, 7, 32]),
      conv2dTranspose(16, 3, { strides: 2, padding: "same", activation: "relu", kernelInitializer: "heNormal" }),
      conv2dTranspose(1, 3, { strides: 2, padding: "same", activation: "sigmoid" }),
    ],
    { seed: 42 },
  );
}

export async function run(options: ExampleOptions): Promise<AutoencoderFigures> {
  const { short = false, log = () => {} } = options;
  const images = await imagesOf(options);
  const [train, test] = [
    choose(images.train, { take: short ? 640 : 20_000 }),
    choose(images.test, short ? { take: 200 } : {}),
  ];
  const [x, xTest] = [withChannel(train.x), withChannel(test.x)];

  const model = autoencoder();
  model.compile({ optimizer: nadam({ learningRate: 2e-3 }), loss: "meanSquaredError" });
  await model.fit(x, x, { epochs: short ? 8 : 5, verbose: log === console.log ? 1 : 0 });

  const { loss } = await model.evaluate(xTest, xTest);
  const figures = { error: loss as number, errorOfMean: errorOfMean(x.data, xTest.data, 28 * 28) };
  log(
    `mean squared error per pixel: ${figures.error.toFixed(4)}; of the mean image: ${figures.errorOfMean.toFixed(4)}`,
  );
  const first = xTest.data.subarray(0, 28 * 28);
  const again = (await (await model.predict({ data: first, shape: [1, 28, 28, 1] })).data()) as Float32Array;
  log(sideBySide(first, again));
  return figures;
}

const withChannel = ({ data, shape }: HostArray) => ({ data: data as Float32Array, shape: [...shape, 1] });

function errorOfMean(train: Float32Array, test: Float32Array, size: number): number {
  const mean = new Float64Array(size);
  train.forEach((value, i) => {
    mean[i % size] = (mean[i % size] as number) + value / (train.length / size);
  });
  return test.reduce((sum, value, i) => sum + (value - (mean[i % size] as number)) ** 2, 0) / test.length;
}

/** Two 28×28 images as text. */
function sideBySide(left: Float32Array, right: Float32Array): string {
  const shades = " .:-=+*#%@";
  const row = (image: Float32Array, y: number) =>
    Array.from(image.subarray(28 * y, 28 * (y + 1)), (v) => shades[Math.min(9, Math.floor(v * 10))]).join("");
  return Array.from({ length: 14 }, (_, i) => `${row(left, 2 * i)}   ${row(right, 2 * i)}`).join("\n");
}

await runAsScript(import.meta.url, run);

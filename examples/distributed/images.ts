import { imagesOf } from "../shared.ts";

/** The first images of Fashion-MNIST, and all of its test images. */
export async function loadImages(count: number) {
  const { train, test } = await imagesOf({ log: console.error });
  const x = { data: train.x.data.subarray(0, 784 * count), shape: [count, 28, 28] };
  return { x, y: train.y.data.subarray(0, count), test };
}

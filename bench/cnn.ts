import { conv2d, dense, flatten, type Model, maxPooling2d, sequential } from "../src/index.ts";

/**
 * The convolutional network of the race against other libraries: conv 32, pool, conv 64, pool, dense 128, dense 10 on
 * 28×28×1 images.
 */
export const cnn = (): Model =>
  sequential(
    [
      conv2d(32, 3, { activation: "relu", inputShape: [28, 28, 1] }),
      maxPooling2d(),
      conv2d(64, 3, { activation: "relu" }),
      maxPooling2d(),
      flatten(),
      dense(128, { activation: "relu" }),
      dense(10, { activation: "softmax" }),
    ],
    { seed: 1 },
  );

import { describe, expect, it, vi } from "vitest";
import type { HostArray } from "../../src/data/array.ts";
import { dense } from "../../src/nn/layers/index.ts";
import { sgd } from "../../src/optim/sgd.ts";
import type { Callback } from "../../src/train/callback.ts";
import { type SwapEmaWeightsOptions, swapEmaWeights } from "../../src/train/callbacks/swap-ema-weights.ts";
import type { FitOptions } from "../../src/train/options.ts";
import { sequential } from "../../src/train/sequential.ts";
import { samplesOfFit } from "../unit/train-support.ts";
import { backend, expectClose, golden, titleOf } from "./nn-support.ts";

interface OrderCase {
  kind: "order";
  samples: number;
  fit: FitOptions;
  expected: { epochs: number[][][] };
}

interface AverageCase {
  kind: "average";
  config: SwapEmaWeightsOptions;
  checkpoint: "before" | "after";
  epochs: number;
  expected: { seen: number[]; valLoss: number[]; weight: number };
}

// What the head of test/golden/data/fit.json says.
const y = [1, -0.5, 2, 0.25];
const [momentum, rate] = [0.75, 0.25];

const cases = golden<OrderCase | AverageCase>("fit");

describe("fit goes through the data as Keras's does", () => {
  const orders = cases.filter((c): c is OrderCase => c.kind === "order");
  it.each(orders.map((c) => [titleOf(`${c.samples} samples`, c.fit), c] as const))(
    "%s",
    async (_, { samples, fit, expected }) => {
      const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
      expect(await samplesOfFit(samples, { ...fit, shuffle: false })).toEqual(expected.epochs);
      warn.mockRestore();
    },
  );
});

describe("swapEmaWeights shows a checkpoint what Keras's does", () => {
  const averages = cases.filter((c): c is AverageCase => c.kind === "average");
  it.each(averages.map((c) => [titleOf(`${c.epochs} epochs, checkpoint ${c.checkpoint}`, c.config), c] as const))(
    "%s",
    async (_, { config, checkpoint, epochs, expected }) => {
      const model = sequential([dense(1, { useBias: false, kernelInitializer: "zeros", inputShape: [1] })]);
      model.compile({
        optimizer: sgd({ learningRate: rate, useEma: true, emaMomentum: momentum }),
        loss: "mse",
        backend,
      });
      const weight = async () => ((await model.getWeights())[0] as HostArray).data[0] as number;
      const seen: number[] = [];
      const look: Callback = {
        async onEpochEnd() {
          seen.push(await weight());
        },
      };
      const swap = swapEmaWeights(config);
      const data = [y.map(() => [1]), y.map((each) => [each])] as const;
      const callbacks = checkpoint === "after" ? [swap, look] : [look, swap];
      const { history } = await model.fit(...data, {
        batchSize: 1,
        epochs,
        shuffle: false,
        verbose: 0,
        validationData: data,
        callbacks,
      });
      expectClose(seen, { shape: [epochs], data: expected.seen }, 1e-6, "seen");
      expectClose(history.val_loss as number[], { shape: [epochs], data: expected.valLoss }, 1e-6, "val_loss");
      expectClose([await weight()], expected.weight, 1e-6, "weight");
    },
  );
});

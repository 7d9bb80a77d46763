/**
 * Monte Carlo dropout: a network with dropout is asked 100 times with dropout left on. The mean is the prediction, the
 * standard deviation tells how sure it is. `mcPredict` does that; batch normalization, had there been any, would
 * stay in inference.
 *
 *     npx tsx examples/09-mc-dropout.ts [--short]
 *
 * Printed by a full run (seed 42; 60 000 training images, 5 epochs, two hidden layers with dropout 0.4; the first 500
 * test images, 100 passes; of these the ones with the least and the most spread of the class that comes out first):
 *
 *     500 test images: accuracy 87.0 % of predict, 87.6 % of mcPredict's mean
 *     clear: test image 484, which is: sandal
 *       sandal      predict 100.0 %, mcPredict 100.0 % ± 0.0 %
 *     ambiguous: test image 299, which is: bag
 *       dress       predict 14.1 %, mcPredict 35.9 % ± 34.9 %
 *       bag         predict 85.7 %, mcPredict 60.0 % ± 36.8 %
 *
 * For the bag, predict alone sounds surer than the network is. (0.6 points of 500 images are 3 images: no evidence that
 * the mean is more accurate.)
 */
import { dense, dropout, flatten, mcPredict, nadam, sequential } from "aretejs";
import { CLASSES, choose, type ExampleOptions, imagesOf, percent, runAsScript } from "./shared.ts";

export interface Verdict {
  /** The test image's place and its true label. */
  image: number;
  label: number;
  /** Per class: the mean of all passes, and their standard deviation. */
  mean: number[];
  stddev: number[];
  /** What plain `predict`, without dropout, gives. */
  plain: number[];
}

export async function run(
  options: ExampleOptions,
): Promise<{ testAccuracy: number; mcAccuracy: number; clear: Verdict; ambiguous: Verdict }> {
  const { short = false, log = () => {} } = options;
  const images = await imagesOf(options);
  const train = choose(images.train, short ? { take: 400 } : {});
  const test = choose(images.test, { take: short ? 50 : 500 });

  const hidden = { activation: "relu", kernelInitializer: "heNormal" } as const;
  const model = sequential(
    [
      flatten({ inputShape: [28, 28] }),
      dense(200, hidden),
      dropout(0.4),
      dense(100, hidden),
      dropout(0.4),
      dense(10, { activation: "softmax" }),
    ],
    { seed: 42 },
  );
  model.compile({
    optimizer: nadam({ learningRate: 1e-3 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  await model.fit(train.x, train.y, { epochs: short ? 1 : 5, verbose: 0 });

  const { mean, stddev } = await mcPredict(model, test.x, { passes: short ? 10 : 100 });
  const [means, deviations, plain] = await Promise.all([
    mean.data(),
    stddev.data(),
    model.predict(test.x).then((tensor) => tensor.data()),
  ]);
  const verdict = (image: number): Verdict => {
    const row = (values: ArrayLike<number>) =>
      Array.from({ length: 10 }, (_, label) => values[image * 10 + label] as number);
    return { image, label: test.y.data[image] as number, mean: row(means), stddev: row(deviations), plain: row(plain) };
  };
  const verdicts = Array.from({ length: test.y.data.length }, (_, image) => verdict(image));

  // By the spread of the class that comes out first: the least is the clear garment, the most the ambiguous one.
  const doubt = ({ mean, stddev }: Verdict) => stddev[best(mean)] as number;
  const [clear, ambiguous] = [...verdicts]
    .sort((a, b) => doubt(a) - doubt(b))
    .filter((_, place, all) => place === 0 || place === all.length - 1);
  const share = (of: (verdict: Verdict) => readonly number[]) =>
    verdicts.filter((each) => best(of(each)) === each.label).length / verdicts.length;
  const result = {
    testAccuracy: share(({ plain }) => plain),
    mcAccuracy: share(({ mean }) => mean),
    clear: clear as Verdict,
    ambiguous: ambiguous as Verdict,
  };

  log(
    `${verdicts.length} test images: accuracy ${percent(result.testAccuracy, 1)} of predict, ${percent(result.mcAccuracy, 1)} of mcPredict's mean`,
  );
  for (const [name, { image, label, mean, stddev, plain }] of [
    ["clear", result.clear] as const,
    ["ambiguous", result.ambiguous] as const,
  ]) {
    log(`${name}: test image ${image}, which is: ${CLASSES[label]}`);
    for (const [place, average] of mean.entries()) {
      if (average < 0.05) continue;
      log(
        `  ${CLASSES[place]?.padEnd(11)} predict ${percent(plain[place] as number, 1)}, mcPredict ${percent(average, 1)} ± ${percent(stddev[place] as number, 1)}`,
      );
    }
  }
  return result;
}

const best = (values: readonly number[]) => values.indexOf(Math.max(...values));

await runAsScript(import.meta.url, run);

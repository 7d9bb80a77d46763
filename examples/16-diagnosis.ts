/**
 * Diagnosis: nine networks, each with one of the illnesses of examples 1 to 4, on Fashion-MNIST. `diagnose` looks at
 * each before training and says what is wrong; then it is trained as it is, and as the diagnosis advises.
 *
 *     npx tsx examples/16-diagnosis.ts [--short]
 *
 * Printed by a full run (seed 42; 6 000 training and all 10 000 test images, 3 epochs):
 *
 *     10 layers of sigmoid: vanishingGradients at dense
 *         test accuracy 10.00 %, cured 76.91 %
 *     6 layers, weights of deviation 0.01: weightsTooSmall at dense
 *         test accuracy 10.00 %, cured 77.01 %
 *     6 layers, weights of deviation 1: weightsTooLarge at dense
 *         test accuracy 10.00 %, cured 77.01 %
 *     4 layers, weights of 0: symmetricUnits at dense
 *         test accuracy 10.00 %, cured 78.15 %
 *     relus with a bias of −20: deadUnits at dense
 *         test accuracy 10.00 %, cured 77.51 %
 *     a recurrent state that explodes: explodingInTime at simpleRnn
 *         test accuracy 10.00 %, cured 56.14 %
 *     rate 5: rateTooHigh
 *         test accuracy 10.00 %, cured 76.63 %
 *     rate 0.0000001: rateTooLow
 *         test accuracy 12.02 %, cured 82.36 %
 *     pixels from 0 to 255: unscaledInputs at dense
 *         test accuracy 10.00 %, cured 77.27 %
 *
 * Between these lines it prints each finding and its advice in words. In the cured networks nothing is found.
 */
import {
  adam,
  dense,
  diagnose,
  flatten,
  initializers,
  type Model,
  rescaling,
  reshape,
  sequential,
  sgd,
  simpleRnn,
} from "aretejs";
import { choose, type ExampleOptions, imagesOf, percent, runAsScript } from "./shared.ts";

const { constant, randomNormal } = initializers;
const loss = "sparseCategoricalCrossentropy";
const metrics = ["accuracy"] as const;

/** A dense stack of 64 units per layer. */
function stack(depth: number, options: Parameters<typeof dense>[1] = {}): Model {
  const hidden = Array.from({ length: depth }, () => dense(64, options));
  return sequential([flatten({ inputShape: [28, 28] }), ...hidden, dense(10, { activation: "softmax" })], { seed: 42 });
}

/** A recurrent network that reads an image row by row. */
const rowByRow = (recurrentInitializer: unknown) =>
  sequential(
    [
      simpleRnn(64, {
        activation: "relu",
        recurrentInitializer: recurrentInitializer as "orthogonal",
        inputShape: [28, 28],
      }),
      dense(10, { activation: "softmax" }),
    ],
    { seed: 42 },
  );

const relu = { activation: "relu", kernelInitializer: "heNormal" } as const;
/** Standardized images as pixels from 0 to 255. */
const pixels = (before: Model["layers"]) =>
  sequential(
    [
      reshape([28, 28], { inputShape: [28, 28] }),
      ...before,
      flatten(),
      dense(64, relu),
      dense(10, { activation: "softmax" }),
    ],
    {
      seed: 42,
    },
  );

type Optimizer = () => ReturnType<typeof sgd>;

interface Case {
  readonly ill: () => Model;
  readonly cured: () => Model;
  readonly optimizer: Optimizer;
  /** Where the cure is another optimizer. */
  readonly cure?: Optimizer;
  /** Whether pixels are 0 to 255. */
  readonly raw?: boolean;
}

const plain = () => sgd(0.05);
const cases: Readonly<Record<string, Case>> = {
  "10 layers of sigmoid": {
    ill: () => stack(10, { activation: "sigmoid" }),
    cured: () => stack(10, relu),
    optimizer: plain,
  },
  "6 layers, weights of deviation 0.01": {
    ill: () => stack(6, { activation: "relu", kernelInitializer: randomNormal({ stddev: 0.01 }) }),
    cured: () => stack(6, relu),
    optimizer: plain,
  },
  "6 layers, weights of deviation 1": {
    ill: () => stack(6, { activation: "relu", kernelInitializer: randomNormal({ stddev: 1 }) }),
    cured: () => stack(6, relu),
    optimizer: plain,
  },
  "4 layers, weights of 0": {
    ill: () => stack(4, { activation: "relu", kernelInitializer: "zeros" }),
    cured: () => stack(4, relu),
    optimizer: plain,
  },
  "relus with a bias of −20": {
    ill: () => stack(2, { ...relu, biasInitializer: constant({ value: -20 }) }),
    cured: () => stack(2, relu),
    optimizer: plain,
  },
  "a recurrent state that explodes": {
    ill: () => rowByRow(randomNormal({ stddev: 0.35 })),
    cured: () => rowByRow("orthogonal"),
    optimizer: plain,
    cure: () => sgd({ learningRate: 0.05, globalClipNorm: 1 }),
  },
  "rate 5": { ill: () => stack(3, relu), cured: () => stack(3, relu), optimizer: () => sgd(5), cure: plain },
  "rate 0.0000001": {
    ill: () => stack(3, relu),
    cured: () => stack(3, relu),
    optimizer: () => adam(1e-7),
    cure: () => adam(1e-3),
  },
  "pixels from 0 to 255": {
    ill: () => pixels([]),
    cured: () => pixels([rescaling(1 / 255)]),
    optimizer: plain,
    raw: true,
  },
};

/** What a short run looks at: a cure by other layers, by another optimizer, and by other inputs. */
const few = ["10 layers of sigmoid", "rate 5", "pixels from 0 to 255"];

export interface DiagnosisFigures {
  /** Kind of the first finding, and the layer that it names. */
  readonly found: string;
  readonly layer: string | undefined;
  /** Test accuracy as it is and cured. */
  readonly ill: number;
  readonly cured: number;
  /** What is found in the cured network. */
  readonly after: readonly string[];
}

export async function run(options: ExampleOptions): Promise<Record<string, DiagnosisFigures>> {
  const { short = false, log = () => {} } = options;
  const images = await imagesOf(options);
  const train = choose(images.train, { take: short ? 320 : 6000 });
  const test = choose(images.test, short ? { take: 200 } : {});
  const times255 = ({ data, shape }: typeof train.x) => ({ data: Float32Array.from(data, (v) => 255 * v), shape });

  const figures: Record<string, DiagnosisFigures> = {};
  for (const [name, { ill, cured, optimizer, cure = optimizer, raw }] of Object.entries(cases)) {
    if (short && !few.includes(name)) continue;
    const [x, xTest] = raw ? [times255(train.x), times255(test.x)] : [train.x, test.x];
    const trained = async (model: Model) => {
      await model.fit(x, train.y, { epochs: short ? 1 : 3, verbose: 0 });
      return (await model.evaluate(xTest, test.y)).accuracy as number;
    };
    const model = ill();
    model.compile({ optimizer: optimizer(), loss, metrics });
    const [first] = (await diagnose(model, x, train.y)).findings;
    log(`${name}: ${first?.kind}${first?.layer ? ` at ${first.layer}` : ""}`);
    log(`    found: ${first?.message}\n    try: ${first?.advice}`);
    const better = cured();
    better.compile({ optimizer: cure(), loss, metrics });
    const after = (await diagnose(better, x, train.y)).findings.map(({ kind }) => kind);
    const accuracy = { ill: await trained(model), cured: await trained(better) };
    if (after.length > 0) log(`    found in the cured network: ${after.join(", ")}`);
    log(`    test accuracy ${percent(accuracy.ill)}, cured ${percent(accuracy.cured)}`);
    figures[name] = { found: first?.kind ?? "nothing", layer: first?.layer, ...accuracy, after };
  }
  return figures;
}

await runAsScript(import.meta.url, run);

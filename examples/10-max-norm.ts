/**
 * Max-norm: after each step, the incoming weights of each unit are shortened to a norm of at most 3. It bounds what a high learning rate can do.
 *
 *     npx tsx examples/10-max-norm.ts [--short]
 *
 * Printed by a full run (seeds 1 to 5; the first 10 000 training images, batches of 32, 8 epochs, momentum at rate 0.05, dropout 0.2; 10 000 test images):
 *
 *     @@FIGURES@@
 */
import { type Constraint, dense, dropout, flatten, maxNorm, sequential, sgd } from "../src/index.ts";
import { choose, type ExampleOptions, imagesOf, percent, runAsScript, spread } from "./shared.ts";

export interface MaxNormFigures {
  /** One per seed. */
  testAccuracy: number[];
  /** The largest norm of the weights that come in to one hidden unit, over all seeds. */
  largestNorm: number;
}

export async function run(options: ExampleOptions): Promise<{ free: MaxNormFigures; constrained: MaxNormFigures }> {
  const { short = false, log = () => {} } = options;
  const images = await imagesOf(options);
  const [train, test] = [choose(images.train, { take: short ? 960 : 10_000 }), choose(images.test, short ? { take: 200 } : {})];

  const figures = async (name: string, kernelConstraint?: Constraint): Promise<MaxNormFigures> => {
    const testAccuracy: number[] = [];
    let largestNorm = 0;
    for (const seed of short ? [1] : [1, 2, 3, 4, 5]) {
      const hidden = [200, 100].flatMap((units) => [
        dense(units, { activation: "relu", kernelInitializer: "heNormal", ...(kernelConstraint && { kernelConstraint }) }),
        dropout(0.2),
      ]);
      const model = sequential([flatten({ inputShape: [28, 28] }), ...hidden, dense(10, { activation: "softmax" })], { seed });
      model.compile({ optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
      await model.fit(train.x, train.y, { epochs: short ? 2 : 8, verbose: 0 });
      testAccuracy.push((await model.evaluate(test.x, test.y)).accuracy as number);
      const kernels = (await model.getWeights()).filter(({ shape }) => shape.length === 2).slice(0, 2);
      largestNorm = Math.max(largestNorm, ...kernels.map(({ data, shape }) => largestColumnNorm(data, shape[1] as number)));
    }
    const { mean, stddev } = spread(testAccuracy);
    log(`${name}: test accuracy ${percent(mean)} ± ${percent(stddev)}, largest norm of a unit's weights ${largestNorm.toFixed(3)}`);
    return { testAccuracy, largestNorm };
  };
  return { free: await figures("free"), constrained: await figures("max-norm 3", maxNorm(3)) };
}

function largestColumnNorm(data: ArrayLike<number>, columns: number): number {
  const squares = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) squares[i % columns] = (squares[i % columns] as number) + (data[i] as number) ** 2;
  return Math.sqrt(Math.max(...squares));
}

await runAsScript(import.meta.url, run);

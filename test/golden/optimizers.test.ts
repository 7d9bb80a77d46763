import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Executable } from "../../src/backends/backend.ts";
import { bind } from "../../src/backends/evaluate.ts";
import { compile } from "../../src/compiler/compile.ts";
import type { Optimizer, Phase } from "../../src/optim/optimizer.ts";
import { maxNorm } from "../../src/regularize/constraints.ts";
import { placeholder } from "../../src/tensor/ops/leaf.ts";
import { Variable } from "../../src/tensor/variable.ts";
import { backend, expectClose } from "./nn-support.ts";
import { Lcg, optimizerOf } from "./optim-support.ts";

interface Described {
  shape: number[];
  data: number[];
}

interface Case {
  optimizer: string;
  config: object;
  gradientScale?: number;
  excludeFromWeightDecay?: string[];
  maxNorm?: number;
  expected: { steps: Record<string, number[][]>; iterations: number; finalized?: number[][] };
}

const golden = JSON.parse(readFileSync(new URL("./data/optimizers.json", import.meta.url), "utf8")) as {
  variables: (Described & { name: string })[];
  gradients: { lcgSeed: number; steps: number; first: Described[]; last: Described[] };
  cases: Case[];
};

/** Drives an optimizer with given gradients, as a train step does. */
class Driver {
  readonly variables = golden.variables.map(
    ({ name, shape, data }) => new Variable(shape, { name, initial: Float32Array.from(data) }),
  );
  private readonly programs = new Map<Phase, Executable>();
  /** Those that a program uses. */
  private readonly scalars = new Map<Executable, readonly string[]>();

  constructor(
    private readonly optimizer: Optimizer,
    private readonly maxNormValue: number | undefined,
  ) {}

  async step(gradients: readonly Float32Array[]): Promise<void> {
    const { optimizer } = this;
    const program = this.programs.get(optimizer.phase) ?? (await this.load(optimizer.phase));
    gradients.forEach((gradient, index) => {
      program.input(`g${index}`).write(gradient);
    });
    for (const name of this.scalars.get(program) ?? []) program.input(name).write([optimizer.scalar(name)]);
    program.run();
    optimizer.advance();
  }

  private async load(phase: Phase): Promise<Executable> {
    const { optimizer, variables, maxNormValue } = this;
    const pairs = variables.map((variable, index) => [variable, placeholder(`g${index}`, variable.shape)] as const);
    const constraints = new Map(
      maxNormValue === undefined ? [] : variables.map((variable) => [variable, maxNorm(maxNormValue)]),
    );
    const graph = compile({
      outputs: {},
      updates: optimizer.apply(pairs, optimizer.scalars(), { constraints, phase }),
    });
    const program = await bind(graph, backend);
    this.programs.set(phase, program);
    this.scalars.set(
      program,
      optimizer.scalarNames.filter((name) => name in graph.program.inputs),
    );
    return program;
  }

  values(): Promise<number[][]> {
    return Promise.all(this.variables.map(async (variable) => Array.from(await variable.read())));
  }
}

const titleOf = ({ optimizer, expected: _, ...rest }: Case) => `${optimizer} ${JSON.stringify(rest)}`;

/** Float32 rounds differently in another order of operations; Muon's orthogonal factor blows small differences up. */
const toleranceOf = (name: string): number => (name === "muon" ? 2e-4 : 2e-5);

describe("optimizers take Keras's steps", () => {
  it.each(golden.cases.map((c) => [titleOf(c), c] as const))("%s", async (_, c) => {
    const { excludeFromWeightDecay } = c;
    const optimizer = optimizerOf(c.optimizer, {
      ...c.config,
      ...(excludeFromWeightDecay && { excludeFromWeightDecay }),
    });
    const driver = new Driver(optimizer, c.maxNorm);
    const draw = new Lcg(golden.gradients.lcgSeed);
    for (let step = 1; step <= golden.gradients.steps; step++) {
      await driver.step(golden.variables.map(({ shape }) => draw.array(shape, c.gradientScale ?? 1)));
      const expected = c.expected.steps[step];
      if (expected) compare(await driver.values(), expected, toleranceOf(c.optimizer), `step ${step}`);
    }
    expect(optimizer.iterations).toBe(c.expected.iterations);
    if (!c.expected.finalized) return;
    const averages = driver.variables.map(async (variable) =>
      Array.from((await optimizer.averageOf(variable)?.read()) ?? []),
    );
    compare(await Promise.all(averages), c.expected.finalized, toleranceOf(c.optimizer), "the average");
  });

  it("draws the gradients that Keras was given", () => {
    const draw = new Lcg(golden.gradients.lcgSeed);
    for (const { data, shape } of golden.gradients.first) expect(Array.from(draw.array(shape))).toEqual(data);
  });
});

function compare(actual: readonly number[][], expected: readonly number[][], tolerance: number, what: string): void {
  for (const [index, data] of expected.entries()) {
    expectClose(
      actual[index] ?? [],
      { shape: [data.length], data },
      tolerance,
      `${what}, ${golden.variables[index]?.name}`,
    );
  }
}

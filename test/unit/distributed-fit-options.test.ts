import { describe, expect, it } from "vitest";
import { fingerprint, type JobFitOptions, jobFitOptions } from "../../src/distributed/fit-options.ts";
import { dense, sequential } from "../../src/index.ts";
import { sessionOf } from "../../src/train/session.ts";

describe("the fingerprint of a job's fit", () => {
  const model = sequential([dense(2, { activation: "softmax", inputShape: [3] })], { seed: 1 });
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy" });
  const compiled = sessionOf("fit", model).compiled("fit");
  const hashOf = async (options: JobFitOptions) => fingerprint(model, compiled, await jobFitOptions("fit", options));

  it("differs where options change what is trained", async () => {
    const cases: JobFitOptions[] = [
      {},
      { batchSize: 16 },
      { epochs: 2 },
      { shuffle: false },
      { stepsPerEpoch: 3 },
      { validationSplit: 0.1 },
      { validationSplit: 0.2 },
      { classWeight: { 1: 2 } },
      { classWeight: new Map([[1, 2]]) },
      { classWeight: new Map([[1, 3]]) },
      { checkpointEvery: 7 },
      { sync: { every: 2 } },
      { sync: { every: 3 } },
      { sync: { every: 2, outer: { momentum: 0.5 } } },
    ];
    const hashes = await Promise.all(cases.map(hashOf));
    expect(new Set(hashes).size).toBe(cases.length);
  });

  it("is the same where they do not", async () => {
    expect(await hashOf({ verbose: 0, stepTimeout: 5, checkData: false })).toBe(await hashOf({}));
    expect(await hashOf({ sync: "step" })).toBe(await hashOf({}));
    expect(await hashOf({ classWeight: new Map([[1, 2]]) })).toBe(await hashOf({ classWeight: new Map([[1, 2]]) }));
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classScores, confusionMatrix, toCategorical } from "../../src/data-entry.ts";
import { tensor } from "../../src/index.ts";

describe("confusionMatrix", () => {
  it("counts by true class and predicted class", () => {
    const matrix = confusionMatrix([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 0, 2]);
    expect(matrix).toEqual([
      [1, 1, 0],
      [0, 1, 0],
      [1, 0, 2],
    ]);
  });

  it("takes what predict gives, one-hot labels, columns and probabilities of one unit", () => {
    const wanted = [
      [1, 1],
      [0, 2],
    ];
    const labels = Int32Array.of(0, 0, 1, 1);
    const rows = tensor([0.9, 0.1, 0.2, 0.8, 0.4, 0.6, 0, 1], [4, 2]);
    for (const y of [labels, toCategorical(labels), { data: labels, shape: [4, 1] }, [0, 0, 1, 1]])
      expect(confusionMatrix(y, rows)).toEqual(wanted);
    expect(confusionMatrix(labels, tensor([0.1, 0.7, 0.6, 1], [4, 1]))).toEqual(wanted);
    expect(confusionMatrix(labels, [0.1, 0.25, 0.3, 1], { threshold: 0.2 })).toEqual(wanted);
    // At the threshold is not above it; zeros and ones are the same as classes and as probabilities.
    expect(confusionMatrix([0, 1], [0.5, 0.51])).toEqual(confusionMatrix([0, 1], [0, 1]));
  });

  it("has a row for each class that there may be", () => {
    expect(confusionMatrix([0, 0], [0, 0])).toEqual([
      [2, 0],
      [0, 0],
    ]);
    expect(confusionMatrix([0], [[0, 1, 0]]).length).toBe(3);
    expect(confusionMatrix([0, 1], [1, 1], { numClasses: 4 }).map((row) => row.length)).toEqual([4, 4, 4, 4]);
    expect(() => confusionMatrix([0, 5], [1, 1], { numClasses: 5 })).toThrow("numClasses must be an integer ≥ 6");
  });

  it("refuses what are no classes", () => {
    const refused = (labels: unknown, predictions: unknown) =>
      expect(() => confusionMatrix(labels as number[], predictions as number[]));
    refused(["cat"], [0]).toThrow("Turn labels (stringLookup)");
    refused([0.5], [0]).toThrow(
      "confusionMatrix: labels are class numbers. Expected whole numbers ≥ 0, received 0.5 (sample 0).",
    );
    refused([0, 1], [-1, 0]).toThrow("predictions are class numbers");
    refused([0, 1], [0.5, 1.5]).toThrow("predictions are probabilities or class numbers");
    refused([0], [[Number.NaN, 1]]).toThrow("predictions are finite");
    refused([0], [Number.NaN]).toThrow("received NaN (sample 0)");
    refused([[0.2, 0.8]], [1]).toThrow("labels are one-hot, or class numbers in one column");
    refused([0, 1], [0]).toThrow("Expected 2, received 1 (labels [2], predictions [1]).");
    refused([[[0]]], [0]).toThrow("a row for each sample");
  });

  it("counts each sample once, and the same whichever form it has", () => {
    const samples = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(samples, (pairs) => {
        const [is, said] = [pairs.map(([label]) => label), pairs.map(([, guess]) => guess)];
        const matrix = confusionMatrix(is, said, { numClasses: 5 });
        expect(confusionMatrix(toCategorical(is, 5), toCategorical(said, 5))).toEqual(matrix);
        matrix.forEach((row, label) => {
          row.forEach((count, guess) => {
            expect(count).toBe(pairs.filter(([a, b]) => a === label && b === guess).length);
          });
        });
      }),
      { numRuns: 20 },
    );
  });
});

describe("classScores", () => {
  it("gives precision, recall and f1 of each class", () => {
    const matrix = [
      [3, 1, 0],
      [1, 4, 0],
      [0, 0, 0],
    ];
    expect(classScores(matrix, ["cat", "dog", "cow"])).toEqual([
      { name: "cat", precision: 0.75, recall: 0.75, f1: 0.75, support: 4 },
      { name: "dog", precision: 0.8, recall: 0.8, f1: 0.8, support: 5 },
      { name: "cow", precision: 0, recall: 0, f1: 0, support: 0 },
    ]);
    expect(classScores([[2]]).map(({ name }) => name)).toEqual(["0"]);
  });

  it("refuses what is no matrix, and names that do not fit", () => {
    expect(() => classScores([[1, 2]])).toThrow("confusionMatrix(labels, predictions) gives one.");
    expect(() => classScores([[1]], ["a", "b"])).toThrow("each class has a name");
  });
});

// Strings against Keras with the TensorFlow backend; scripts/golden-text.py makes the files.
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { binBoundaries } from "../../src/data-entry.ts";
import { discretization } from "../../src/index.ts";
import { loadModel, saveModel } from "../../src/io/index.ts";
import {
  hashing,
  integerLookup,
  Lookup,
  stringLookup,
  TextVectorization,
  textVectorization,
} from "../../src/nn/layers/host/index.ts";

interface Numbers {
  shape: number[];
  data: number[];
}
/** What a saved model gives. */
interface Answer {
  inputs: Record<string, string[]>;
  output: Numbers;
}
interface TextCase {
  layer: string;
  config: Record<string, unknown>;
  adapt?: string[];
  x: string[][];
  output: Numbers;
  vocabulary?: (string | number)[];
}

const read = (name: string) => readFileSync(new URL(`data/${name}`, import.meta.url));
const golden = JSON.parse(read("text.json").toString()) as {
  cases: TextCase[];
  discretizations: { numBins: number; batches: number[][]; boundaries: number[] }[];
  model: Answer;
  nested: Answer;
};

const make: Record<string, (config: never) => ReturnType<typeof hashing | typeof stringLookup>> = {
  hashing: ({ numBins, ...options }: { numBins: number }) => hashing(numBins, options),
  stringLookup,
  integerLookup: integerLookup as never,
  textVectorization: textVectorization as never,
};

describe("layers of strings agree with Keras 3 on TensorFlow", () => {
  for (const [index, one] of golden.cases.entries()) {
    it(`${one.layer} ${JSON.stringify(one.config)} #${index}`, async () => {
      const layer = make[one.layer]?.(one.config as never);
      if (!layer) throw new Error(one.layer);
      const isAdaptable = layer instanceof Lookup || (layer as unknown) instanceof TextVectorization;
      if (one.adapt && isAdaptable) await (layer as Lookup<string>).adapt(one.adapt);
      if (one.vocabulary) expect((layer as Lookup<string>).getVocabulary()).toEqual(one.vocabulary);
      const { data, shape } = layer.apply(one.x);
      expect(shape).toEqual(one.output.shape);
      expect(data.length).toBe(one.output.data.length);
      one.output.data.forEach((value, at) => {
        expect(data[at], `value ${at}`).toBeCloseTo(value, 5);
      });
    });
  }
});

describe("binBoundaries and discretization agree with Keras's Discretization.adapt", () => {
  it.each(golden.discretizations)("for $numBins bins", async ({ numBins, batches, boundaries }) => {
    const data = () =>
      batches.length === 1
        ? (batches[0] as number[])
        : (async function* () {
            yield* batches;
          })();
    const layer = discretization({ numBins });
    await layer.adapt(data());
    for (const found of [await binBoundaries(data(), { numBins }), layer.getConfig().binBoundaries as number[]]) {
      expect(found.length).toBe(boundaries.length);
      boundaries.forEach((value, at) => {
        expect(Math.abs((found[at] as number) - value)).toBeLessThanOrEqual(5e-6 * Math.max(1, Math.abs(value)));
      });
    }
  });
});

describe("a .keras file with layers of strings", () => {
  const near = (found: Iterable<number>, { data }: Numbers) => {
    const list = [...found];
    expect(list.length).toBe(data.length);
    data.forEach((value, at) => {
      expect(list[at]).toBeCloseTo(value, 5);
    });
  };

  it.each([
    ["text", golden.model],
    ["text-nested", golden.nested],
  ])(
    "%s.keras of Keras predicts as there from strings, and so does our copy of it",
    async (name, { inputs, output }) => {
      const model = await loadModel(new Uint8Array(read(`${name}.keras`)));
      near(await (await model.predict(inputs)).data(), output);
      let bytes = new Uint8Array();
      const write = (given: Uint8Array) => {
        bytes = new Uint8Array(given);
      };
      await saveModel(model, { read: () => bytes, write });
      // For `scripts/golden-text.py --read FILE`, which reads it with Keras.
      if (process.env.TEXT_MODELS_TO) writeFileSync(`${process.env.TEXT_MODELS_TO}/${name}.keras`, bytes);
      const copy = await loadModel(bytes);
      near(await (await copy.predict(inputs)).data(), output);
      expect(copy.layers.map(({ kind, name }) => [kind, name])).toEqual(
        model.layers.map(({ kind, name }) => [kind, name]),
      );
    },
  );
});

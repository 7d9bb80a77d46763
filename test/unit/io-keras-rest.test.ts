// What decides whether the parts of reading and writing are loaded that few models need.
import { describe, expect, it } from "vitest";
import { loadModel, saveModel } from "../../src/io/index.ts";
import { augmentationFactories } from "../../src/io/keras/augmentation-layers.ts";
import { onlyLosses } from "../../src/io/keras/compile-to-keras.ts";
import { rareKinds } from "../../src/io/keras/from-keras.ts";
import * as readingRest from "../../src/io/keras/from-keras-rest.ts";
import { hostFactories } from "../../src/io/keras/host-layers.ts";
import { restKinds } from "../../src/io/keras/to-keras.ts";
import * as rest from "../../src/io/keras/to-keras-rest.ts";
import { Layer } from "../../src/nn/layer.ts";
import { lossNames } from "../../src/nn/losses/names.ts";
import { metricNames } from "../../src/nn/metrics/names.ts";
import type { CallContext } from "../../src/nn/recording.ts";
import { made, usualFactories } from "../../src/nn/usual-factories.ts";
import { adam } from "../../src/optim/adam.ts";
import { optimizerNames } from "../../src/optim/optimizers.ts";
import { cosineDecay } from "../../src/optim/schedules.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { mul } from "../../src/tensor/ops/elementwise.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { sequential } from "../../src/train/sequential.ts";

describe("what few models need is loaded", () => {
  it("for kinds whose options follow no rule", () => {
    for (const kind of Object.keys({ ...rest.changes, ...rest.foreign })) expect(restKinds.test(kind), kind).toBe(true);
    const usual = {
      ...usualFactories,
      ...made,
      adam,
      sgd,
      cosineDecay,
    };
    for (const kind of Object.keys(usual)) expect(restKinds.test(kind), kind).toBe(kind === "randomUniform");
    // In reading, layers of other kinds than the usual ones load it as they are made.
    const { changes, nulls, without } = readingRest;
    const known = { ...usualFactories, ...made, ...hostFactories, ...augmentationFactories, ...optimizerNames.known };
    const listed = Object.keys({ ...changes, ...nulls, ...without });
    expect(listed.length).toBeGreaterThan(10);
    for (const kind of listed) expect(rareKinds.test(kind), kind).toBe(Object.hasOwn(known, kind));
  });

  it("for losses as metrics where Keras has no metric of the name", () => {
    const { known } = lossNames;
    for (const name of Object.keys({ ...known, ...metricNames.known })) {
      const isOnlyLoss = name in known && !(name in metricNames.known) && !rest.alsoMetrics.test(name);
      expect(onlyLosses.test(name), name).toBe(isOnlyLoss);
    }
  });
});

describe("a layer of a user's own", () => {
  // Kinds such as those of layers here.
  it.each(["gruBlock", "conv2dBlock", "myRelu", "rmsNorm", "selfIou"])("of the kind %s is found", async (kind) => {
    class Own extends Layer {
      constructor(options: object = {}) {
        super(kind, options, {});
      }
      override build(): void {
        this.addVariable("gain", [2], { initializer: "ones" });
      }
      override call(x: Tensor | readonly Tensor[], ctx: CallContext): Tensor {
        return mul(x as Tensor, ctx.value(this.weight("gain")));
      }
    }
    const parts: Uint8Array[] = [];
    const saved = sequential([new Own({ inputShape: [2] })]);
    const customObjects = { [kind]: Own };
    await saveModel(saved, { write: async (bytes) => void parts.push(bytes) }, { customObjects });
    const model = await loadModel(new Blob(parts as BlobPart[]), { customObjects });
    expect(model.layers[0]).toBeInstanceOf(Own);
  });
});

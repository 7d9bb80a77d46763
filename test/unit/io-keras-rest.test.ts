// What decides whether the parts of reading and writing are loaded that few models need.
import { describe, expect, it } from "vitest";
import { augmentationFactories } from "../../src/io/keras/augmentation-layers.ts";
import { onlyLosses } from "../../src/io/keras/compile-to-keras.ts";
import { rareKinds } from "../../src/io/keras/from-keras.ts";
import * as readingRest from "../../src/io/keras/from-keras-rest.ts";
import { hostFactories } from "../../src/io/keras/host-layers.ts";
import { restKinds } from "../../src/io/keras/to-keras.ts";
import * as rest from "../../src/io/keras/to-keras-rest.ts";
import { lossNames } from "../../src/nn/losses/names.ts";
import { metricNames } from "../../src/nn/metrics/names.ts";
import { made, usualFactories } from "../../src/nn/usual-factories.ts";
import { adam } from "../../src/optim/adam.ts";
import { optimizerNames } from "../../src/optim/optimizers.ts";
import { cosineDecay } from "../../src/optim/schedules.ts";
import { sgd } from "../../src/optim/sgd.ts";

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

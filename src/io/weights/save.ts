// Writes weights to a safetensors file.
import { literal, valueError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import type { Model } from "../../train/model.ts";
import { getNamedWeights } from "../../train/named-weights.ts";
import { checkBuilt, sessionOf } from "../../train/session.ts";
import { checkEnding } from "../endings.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import { writeTarget } from "../stores/files.ts";
import type { Target } from "../stores/store.ts";
import { writable } from "./assign.ts";
import type { SaveWeightsOptions } from "./weights.ts";

/** See `saveWeights` of `aretejs/io`. */
export async function save(model: Model, target: Target, options: SaveWeightsOptions = {}): Promise<void> {
  const { metadata = {}, ...writing } = checkOptions("saveWeights", options, {
    metadata: "object",
    onProgress: "function",
  });
  sessionOf("saveWeights", model);
  checkBuilt("saveWeights", model);
  checkEnding("saveWeights", target, ".safetensors");
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value === "string" && key !== "__proto__") continue;
    throw valueError("saveWeights", {
      rule: `metadata.${key} must be text`,
      expected: "texts by names other than __proto__",
      received: literal(value),
    });
  }
  const weights = writable(Object.entries(await getNamedWeights(model)));
  const texts = new Map([["format", "aretejs"], ...Object.entries(metadata)]);
  await writeTarget(target, writeSafetensors(weights, texts), writing, "saveWeights");
}

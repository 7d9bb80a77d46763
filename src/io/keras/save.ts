// Writes a model to a file.
import { checkOptions } from "../../options.ts";
import type { Model } from "../../train/model.ts";
import { checkEnding } from "../endings.ts";
import type { SaveModelOptions } from "../save-model.ts";
import { writeTarget } from "../stores/files.ts";
import type { Target } from "../stores/store.ts";
import { writeKeras } from "./write.ts";

/** See `saveModel` of `aretejs/io`. */
export async function save(model: Model, target: Target, options?: SaveModelOptions): Promise<void> {
  const {
    compile = true,
    customObjects = {},
    ...writing
  } = checkOptions("saveModel", options, { compile: "boolean", customObjects: "object", onProgress: "function" });
  checkEnding("saveModel", target, ".keras");
  await writeTarget(target, await writeKeras(model, { compile, customObjects }), writing, "saveModel");
}

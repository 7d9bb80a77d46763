// Going on with training runs, loaded when it is used.
import type { Model } from "../../train/model.ts";
import type { FitOptions } from "../../train/options.ts";
import type { ReadOptions, Source } from "../stores/store.ts";

/**
 * Goes on with an interrupted training run: sets the model's weights and its optimizer's state from a checkpoint of
 * `modelCheckpoint`, and gives the options with which `fit` goes on where the run was. It ends in the same bits as a
 * run that was not interrupted. Where there is no checkpoint yet, the options are given back as they are, so that one
 * program starts a run and goes on with it.
 *
 * Make and compile the model as for the run, and give `fit` the same data. Data sets and generators are read from the
 * start of the epoch again, up to where the run was.
 * @param options those of `fit`, with the callbacks of the run in their order. `seed` may be left out.
 * @param reading progress and the largest size of the file.
 * @throws FileError where the file is damaged, no checkpoint or one of another model; ValueError where seed or
 * callbacks are not those of the run; StateError before `compile`. Then nothing has changed.
 * @example
 * const target = "runs/last.safetensors";
 * const callbacks = [reduceLrOnPlateau(), modelCheckpoint({ target })];
 * await model.fit(x, y, await resume(model, target, { epochs: 100, callbacks }));
 */
export async function resume(
  model: Model,
  source: Source,
  options?: FitOptions,
  reading?: ReadOptions,
): Promise<FitOptions> {
  const { resumeRun } = await import("./resume-run.ts");
  return resumeRun(model, source, options, reading);
}

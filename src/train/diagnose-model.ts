import { type BatchStream, givenOf, optionsAmong } from "./batch-maker.ts";
import type { ArraysGiven, InputsGiven } from "./columns.ts";
import type { DiagnoseOptions } from "./diagnose/diagnose.ts";
import type { Diagnosis } from "./diagnose/diagnosis.ts";
import type { Model } from "./model.ts";

/**
 * Looks at a compiled model with a few batches, and says in words what is wrong, where, how sure that is and what to
 * try, most important first. It measures for each layer the scale of activations and gradients, dead and saturated
 * units, and for each variable the ratio of one update by the optimizer to the weight; checks inputs, and labels
 * against loss and output; and tries the learning rate in a few steps. Weights and the optimizer's state are as before
 * afterwards, to the bit. Use it before training, and again where training does not work.
 * @param x data as for `fit`: arrays with y, or a dataset. A stream is read for as many batches as are measured.
 * @throws StateError before `compile`; ValueError and ShapeError where options or data do not fit the model. Labels
 * that do not fit the loss are a finding.
 * @example const found = await diagnose(model, x, y); console.log(String(found)); found.findings[0]?.advice;
 * @see docs/diagnosis.md for each finding, its cause and its cure.
 */
export function diagnose(model: Model, x: BatchStream, options?: DiagnoseOptions): Promise<Diagnosis>;
export function diagnose(
  model: Model,
  x: InputsGiven,
  y: ArraysGiven | null,
  options?: DiagnoseOptions,
): Promise<Diagnosis>;
export async function diagnose(
  model: Model,
  x: InputsGiven | BatchStream,
  yOrOptions?: ArraysGiven | DiagnoseOptions | null,
  last?: DiagnoseOptions,
): Promise<Diagnosis> {
  const options = optionsAmong("diagnose", x, yOrOptions, last);
  const { diagnoseModel } = await import("./diagnose/diagnose.ts");
  return diagnoseModel(model, givenOf(x, yOrOptions as ArraysGiven), options);
}

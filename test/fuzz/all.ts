// All formats that are tried.
import { type Format, formats } from "./formats.ts";
import { modelFormats } from "./models.ts";
import { stateFormats } from "./states.ts";

/** Containers, whole models, and what sets the state of models. */
export const allFormats = async (): Promise<readonly Format[]> => [
  ...(await formats()),
  ...(await modelFormats()),
  ...(await stateFormats()),
];

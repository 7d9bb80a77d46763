// What train steps report besides their loss, for the callbacks of a `fit`.
import type { Callback } from "../callback.ts";
import type { StepRunner } from "../step-runner.ts";
import { finiteInstrument } from "./finite.ts";
import type { StepInstrument } from "./instrument.ts";
import { measuringInstrument } from "./measuring.ts";

/** The instrument that serves these callbacks, of which one has `diagnoses` or `measures`. */
export const instrumentFor = (callbacks: readonly Callback[], stepRunner: StepRunner): StepInstrument =>
  callbacks.some(({ measures }) => measures) ? measuringInstrument(stepRunner) : finiteInstrument;

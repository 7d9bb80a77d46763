// What a train step can report besides its loss: extra outputs of its program. Types only; the code is loaded by `fit`
// for callbacks that ask for it, and by `diagnose`.
import type { Layer } from "../../nn/layer.ts";
import type { CallContext } from "../../nn/recording.ts";
import type { Optimizer } from "../../optim/optimizer.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import type { BoundProgram } from "../program-cache.ts";
import type { Measures } from "./measures.ts";

/** What was recorded of a train step when the extra outputs are asked for. */
export interface RecordedStep {
  readonly loss: Tensor;
  /** Trained variables with the gradients that the optimizer was given, of the scaled loss. */
  readonly pairs: readonly (readonly [Variable, Tensor])[];
  /** New values of variables: weights and the optimizer's own. */
  readonly updates: readonly (readonly [Variable, Tensor])[];
  readonly optimizer: Optimizer;
}

/** Follows one recording of a train step. */
export interface StepRecorder {
  readonly observe: CallContext["observe"];
  /** The extra outputs of the program. */
  outputs(step: RecordedStep): Record<string, Tensor>;
}

/** What the extra outputs of a step say. */
export interface StepReading {
  /** What was not finite first, in words; undefined where all was finite. */
  readonly diagnosis?: string | undefined;
  readonly measures?: Measures | undefined;
}

/** Extra outputs of train steps, and how they are read. */
export interface StepInstrument {
  /** Tells programs with these outputs from others. */
  readonly name: string;
  begin(root: Layer): StepRecorder;
  /** Reads the outputs of the run before. Call it in the tick of the run. */
  read(program: BoundProgram): Promise<StepReading>;
}

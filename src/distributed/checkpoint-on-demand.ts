// Checkpoints of aretejs/io, loaded when the first is written or read.
import { join } from "../io/binary.ts";
import { checkpointFile } from "../io/checkpoint/run-state.ts";
import type { Training } from "../train/callback.ts";

export { resume } from "../io/checkpoint/resume.ts";

/** The checkpoint file of a run that is between two batches, as one piece. */
export async function checkpointBytes(training: Training): Promise<Uint8Array<ArrayBuffer>> {
  return join(await checkpointFile(training, await training.model.getWeights(), undefined));
}

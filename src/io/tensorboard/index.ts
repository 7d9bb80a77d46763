// The entry `aretejs/tensorboard`: event files that TensorBoard reads.
export type { LogDirectory } from "./event-file.ts";
export { type TensorBoardOptions, tensorBoard } from "./tensor-board.ts";

// The entry `aretejs/io`: models and weights in files.
export { type FileCheckpointOptions, modelCheckpoint } from "./checkpoint/model-checkpoint.ts";
export { resume } from "./checkpoint/resume.ts";
export { exportOnnx } from "./export-onnx.ts";
export { FileError } from "./file-error.ts";
export { type LoadModelOptions, loadModel } from "./load-model.ts";
export { loadTfjsModel } from "./load-tfjs-model.ts";
export type { OnnxOptions } from "./onnx/export.ts";
export { type SaveModelOptions, saveModel } from "./save-model.ts";
export { listFiles, readSource, removeFile, writeTarget } from "./stores/files.ts";
export type {
  DirectoryHandle,
  FileHandle,
  Readable,
  ReadOptions,
  Source,
  Store,
  StoredFile,
  Target,
  WriteOptions,
} from "./stores/store.ts";
export type { LoadTfjsOptions, TfjsModel } from "./tfjs/read.ts";
export type { NameMap, WeightsReport } from "./weights/assign.ts";
export {
  type LoadWeightsOptions,
  loadWeights,
  type SaveWeightsOptions,
  saveWeights,
} from "./weights/weights.ts";

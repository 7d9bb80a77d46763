// What every program uses, whichever layers, losses and optimizers it takes: tensors and gradients, models and
// training, data, backends. Part of `aretejs`.

export type {
  Backend,
  Executable,
  HostBackend,
  HostExecutable,
  InputPort,
  KeptRows,
  Storage,
  StorageSpec,
} from "./backends/backend.ts";
export { bind, defaultBackend, evaluate, placeVariables } from "./backends/evaluate.ts";
export { isWasmSupported, type WasmOptions, wasm } from "./backends/wasm/index.ts";
export { type ArrayInput, type HostArray, hostArray } from "./data/array.ts";
export { type CsvOptions, type CsvTable, parseCsv } from "./data/csv.ts";
export { Dataset, dataset, datasetFrom } from "./data/dataset.ts";
export { parseIdx, readIdx } from "./data/idx.ts";
export { AreteError, OutOfMemoryError, ShapeError, StateError, ValueError } from "./errors.ts";
export type { DType, NumericArray, TypedArray } from "./ir/dtype.ts";
export type { Instruction } from "./ir/instruction.ts";
export type { Limits } from "./ir/limits.ts";
export { print } from "./ir/print.ts";
export type { Program } from "./ir/program.ts";
export type { Shape } from "./ir/shape.ts";
export type { View } from "./ir/view.ts";
export { input } from "./nn/input.ts";
export { type BatchShape, type CallContext, Layer, type LayerOptions } from "./nn/layer.ts";
export type { Loss, Reduction } from "./nn/loss.ts";
export { type Metric, MetricBase, type VariableUpdate } from "./nn/metric.ts";
export { metric } from "./nn/metrics/mean.ts";
export { SymbolicTensor } from "./nn/symbolic.ts";
export { withValue } from "./nn/with-value.ts";
export type { OptionTable } from "./options.ts";
export {
  type Constraint,
  type ConstraintName,
  maxNorm,
  minMaxNorm,
  nonNeg,
  unitNorm,
} from "./regularize/constraints.ts";
export { l1, l1l2, l2, orthogonalPenalty, type Penalty, type PenaltyName } from "./regularize/penalties.ts";
export { grad, gradients, valueAndGrad } from "./tensor/autodiff.ts";
export { placeholder, tensor } from "./tensor/ops/leaf.ts";
export { type NestedArray, type Rows, Tensor } from "./tensor/tensor.ts";
export { Variable } from "./tensor/variable.ts";
export * from "./train/index.ts";
export { learningRateRangeTest, type RangeTest, type RangeTestOptions } from "./train/range-test.ts";

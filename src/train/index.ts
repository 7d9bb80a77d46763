export type { ArraySpec, BatchSpec } from "./batch.ts";
export type { BatchGiven, BatchStream } from "./batch-maker.ts";
export type { Callback, Run, Training, TrainingPosition } from "./callback.ts";
export { type CsvLoggerOptions, csvLogger, type TextSink } from "./callbacks/csv-logger.ts";
export {
  type DiagnoseTraining,
  type DiagnoseTrainingOptions,
  diagnoseTraining,
} from "./callbacks/diagnose-training.ts";
export { type EarlyStopping, type EarlyStoppingOptions, earlyStopping } from "./callbacks/early-stopping.ts";
export { lambdaCallback } from "./callbacks/lambda-callback.ts";
export { learningRateScheduler } from "./callbacks/learning-rate-scheduler.ts";
export {
  type ModelCheckpoint,
  type ModelCheckpointOptions,
  modelCheckpoint,
  type Snapshot,
} from "./callbacks/model-checkpoint.ts";
export type { MonitorMode, MonitorOptions } from "./callbacks/monitor.ts";
export { type ReduceLrOnPlateauOptions, reduceLrOnPlateau } from "./callbacks/reduce-lr-on-plateau.ts";
export { type SwapEmaWeightsOptions, swapEmaWeights } from "./callbacks/swap-ema-weights.ts";
export { type TerminateOnNaN, terminateOnNaN } from "./callbacks/terminate-on-nan.ts";
export type { ClassWeight } from "./class-weight.ts";
export type { ArraysGiven, DataGiven, InputsGiven } from "./columns.ts";
export type { DiagnoseOptions } from "./diagnose/diagnose.ts";
export type { Diagnosis } from "./diagnose/diagnosis.ts";
export type { Finding, FindingKind, Severity } from "./diagnose/finding.ts";
export type { LayerMeasures, Measures, NotFinite, Scale, VariableMeasures } from "./diagnose/measures.ts";
export type { DiagnosisPlotOptions } from "./diagnose/plot-diagnosis.ts";
export { diagnose } from "./diagnose-model.ts";
export { History } from "./history.ts";
export { type GivenArguments, type Jitted, jit } from "./jit.ts";
export type { LoopContext } from "./loop-context.ts";
export { type McPrediction, type McPredictOptions, mcPredict } from "./mc-predict.ts";
export { Model } from "./model.ts";
export { getNamedWeights, type NamedArrays, type NamedResult, setNamedWeights } from "./named-weights.ts";
export type { LossGiven, MetricGiven, ObjectiveOptions, PerOutput } from "./objective.ts";
export { getOptimizerState, setOptimizerState } from "./optimizer-state.ts";
export type {
  BatchWeights,
  CompileModelOptions,
  EvaluateOptions,
  FitOptions,
  ModelOptions,
  PassOptions,
  PredictOptions,
  SummaryOptions,
  ValidationData,
  Verbosity,
} from "./options.ts";
export { type PredictSyncOptions, predictAllSync, predictSync, type SyncPrediction } from "./predict-sync.ts";
export { type Profile, type ProfiledInstruction, type ProfileGroup, type ProfileOptions, profile } from "./profile.ts";
export { type BatchShapes, program, type ShapeGiven, type ShapesGiven } from "./program.ts";
export type { Mode } from "./record-step.ts";
export type { RecordedOptions } from "./recorded-function.ts";
export { cloneModel, type FunctionalOptions, model, sequential } from "./sequential.ts";
export type { Logs } from "./step-runner.ts";
export type { Given } from "./structure.ts";
export {
  type StepLogs,
  type StepResult,
  type Trained,
  type TrainStep,
  type TrainStepOptions,
  trainStep,
} from "./train-step.ts";

// Optimizers whose code is loaded when their names are used (see `name-registry.ts`). Each export that is no type is a
// name.

export { type AdadeltaOptions, adadelta } from "./adadelta.ts";
export { type AdafactorOptions, adafactor } from "./adafactor.ts";
export { type AdagradOptions, adagrad } from "./adagrad.ts";
export { type AdamaxOptions, adamax } from "./adamax.ts";
export { type FtrlOptions, ftrl } from "./ftrl.ts";
export { type LambOptions, lamb } from "./lamb.ts";
export { type LionOptions, lion } from "./lion.ts";
export { type MuonOptions, muon } from "./muon.ts";
export { type ScheduleFreeAdamWOptions, scheduleFreeAdamW } from "./schedule-free-adam-w.ts";

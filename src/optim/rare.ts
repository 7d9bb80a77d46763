// The optimizers whose code is loaded when their names are used; see `name-registry.ts`. Each export that is no type is a name.
export { type AdafactorOptions, adafactor } from "./adafactor.ts";
export { type FtrlOptions, ftrl } from "./ftrl.ts";
export { type LambOptions, lamb } from "./lamb.ts";
export { type MuonOptions, muon } from "./muon.ts";
export { type ScheduleFreeAdamWOptions, scheduleFreeAdamW } from "./schedule-free-adam-w.ts";

// What loads models. Imported on demand, so it is in no file of the package with others: see rolldown.config.ts.
export { load } from "./load.ts";

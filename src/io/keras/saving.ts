// What saves models. Imported on demand, so it is in no file of the package with others: see rolldown.config.ts.
export { save } from "./save.ts";
export { writeKeras } from "./write.ts";

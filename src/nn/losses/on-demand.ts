// Losses whose code is loaded when their names are used (see `name-registry.ts`). Each export is a name.
export { circle } from "./circle.ts";
export { ctc } from "./ctc.ts";
export { klDivergence, klDivergence as kld, klDivergence as KLD, poisson } from "./distribution.ts";
export { binaryFocalCrossentropy, categoricalFocalCrossentropy, categoricalGeneralizedCrossEntropy } from "./focal.ts";
export { categoricalHinge, hinge, squaredHinge } from "./hinge.ts";
export { dice, tversky } from "./overlap.ts";
export {
  cosineSimilarity,
  logCosh,
  meanAbsolutePercentageError,
  meanAbsolutePercentageError as mape,
  meanAbsolutePercentageError as MAPE,
  meanSquaredLogarithmicError,
  meanSquaredLogarithmicError as msle,
  meanSquaredLogarithmicError as MSLE,
} from "./relative.ts";

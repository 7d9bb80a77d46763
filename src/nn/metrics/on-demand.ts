// Metrics whose code is loaded when their names are used (see `name-registry.ts`). Each export is a name.
export { auc } from "./auc.ts";
export { falseNegatives, falsePositives, precision, recall, trueNegatives, truePositives } from "./confusion.ts";
export { f1Score, fBetaScore } from "./f-score.ts";
export { binaryIou } from "./iou.ts";
export {
  concordanceCorrelation,
  cosineSimilarity,
  pearsonCorrelation,
  r2Score,
  rootMeanSquaredError,
} from "./regression.ts";
export { exactAccuracy, sparseTopKCategoricalAccuracy, topKCategoricalAccuracy } from "./top-k.ts";

// Much used losses whose code is loaded when their names are used (see `name-registry.ts`). Each export is a name.
export {
  binaryCrossentropy,
  binaryCrossentropy as bce,
  binaryCrossentropy as BCE,
  categoricalCrossentropy,
} from "./crossentropy.ts";
export {
  huber,
  meanAbsoluteError,
  meanAbsoluteError as mae,
  meanAbsoluteError as MAE,
  meanSquaredError,
  meanSquaredError as mse,
  meanSquaredError as MSE,
} from "./regression.ts";

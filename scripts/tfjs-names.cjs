// Prints the public names of TensorFlow.js that docs/from-tfjs.md compares with, as JSON. In bench/peers, where it is installed:
//
//     NODE_PATH=bench/peers/node_modules node scripts/tfjs-names.cjs > site/names/tfjs.json
const tf = require("@tensorflow/tfjs");

/** What programs do not call: engines, kernels, registration, helpers of the library itself. */
const internal =
  /[kK]ernel|[gG]radientFunc|registe?r|deregister|Platform|WebGL|GPGPU|^(engine|env|Environment|DataStorage|op|OptimizerConstructors|TensorBuffer|LayerVariable|deprecationWarn|disableDeprecationWarnings|enableDebugMode|enableProdMode|enclosingPowerOfTwo|findBackend|findBackendFactory|forceHalfFloat|getBackend|getGradient|nextFrame|removeBackend|sumOutType|upcastType|keep|MathBackendCPU|CustomCallback|InputSpec|CompositeArrayBuffer|concatenateArrayBuffers|decodeWeights.*|encodeWeights|getLoadHandlers|getModelArtifacts.*|getSaveHandlers|getWeightSpecs|isHTTPScheme|weightsLoaderFactory|.*Sync)$/;
const names = (object) =>
  Object.keys(object)
    .filter((name) => typeof object[name] === "function" && !internal.test(name))
    .sort();

const families = [
  "layers",
  "train",
  "losses",
  "metrics",
  "initializers",
  "regularizers",
  "constraints",
  "callbacks",
  "data",
  "io",
];
const found = Object.fromEntries(families.map((family) => [family, names(tf[family])]));
console.log(JSON.stringify({ version: tf.version.tfjs, names: { ...found, tf: names(tf) } }, null, 2));

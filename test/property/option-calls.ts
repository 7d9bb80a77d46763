import * as arete from "../../src/index.ts";
import * as testing from "../../src/testing/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: options that are wrong on purpose
type Options = any;
type Call = (options: Options) => unknown;

const { activations, dense, js, lstm, metrics, ops, recipes, tensor } = arete;

/** The factories whose first parameter is their options, all of which may be left out. */
const plain = Object.fromEntries(
  `js initializers.constant initializers.identity initializers.randomNormal initializers.truncatedNormal initializers.randomUniform
  initializers.varianceScaling initializers.orthogonal initializers.stft initializers.glorotUniform initializers.glorotNormal initializers.heUniform
  initializers.heNormal initializers.lecunUniform initializers.lecunNormal losses.binaryCrossentropy losses.categoricalCrossentropy
  losses.sparseCategoricalCrossentropy losses.circle losses.ctc losses.klDivergence losses.poisson losses.categoricalFocalCrossentropy
  losses.categoricalGeneralizedCrossEntropy losses.binaryFocalCrossentropy losses.hinge losses.squaredHinge losses.categoricalHinge losses.dice
  losses.tversky losses.huber losses.meanSquaredError losses.meanAbsoluteError losses.cosineSimilarity losses.meanAbsolutePercentageError
  losses.meanSquaredLogarithmicError losses.logCosh metrics.exactAccuracy metrics.binaryAccuracy metrics.categoricalAccuracy
  metrics.sparseCategoricalAccuracy metrics.topKCategoricalAccuracy metrics.sparseTopKCategoricalAccuracy metrics.auc metrics.precision metrics.recall
  metrics.truePositives metrics.falsePositives metrics.trueNegatives metrics.falseNegatives metrics.fBetaScore metrics.f1Score metrics.binaryIou
  metrics.rootMeanSquaredError metrics.cosineSimilarity metrics.pearsonCorrelation metrics.concordanceCorrelation metrics.r2Score minMaxNorm
  unitNorm l1l2 orthogonalPenalty eluLayer leakyReluLayer prelu reluLayer softmaxLayer additiveAttention attention batchNormalization masking addLayer
  averageLayer concatenate maximumLayer minimumLayer multiplyLayer subtractLayer activityRegularization groupNormalization layerNormalization
  rmsNormalization unitNormalization globalAveragePooling1d globalAveragePooling2d globalAveragePooling3d globalMaxPooling1d globalMaxPooling2d
  globalMaxPooling3d normalization flatten adadelta adagrad adam adamW adamax lion nadam rmsprop sgd adafactor ftrl lamb muon scheduleFreeAdamW
  diagnoseTraining earlyStopping lambdaCallback modelCheckpoint reduceLrOnPlateau swapEmaWeights`
    .split(/\s+/)
    .map((path): [string, Call] => {
      const make = path.split(".").reduce<Options>((holder, name) => holder[name], arete);
      return [path, (options) => make(options)];
    }),
);

/** Classes that take one object with everything, and what it must hold. */
const classes: Readonly<Record<string, Readonly<Record<string, () => unknown>>>> = {
  Prelu: {},
  AdditiveAttention: {},
  Attention: {},
  BatchNormalization: {},
  GroupNormalization: {},
  LayerNormalization: {},
  RmsNormalization: {},
  Normalization: {},
  Discretization: { numBins: () => 2, binBoundaries: () => [0] },
  Bidirectional: { layer: () => lstm(2) },
  SpectralNormalization: { layer: () => dense(2) },
  TimeDistributed: { layer: () => dense(2) },
  Rnn: { cell: () => arete.lstmCell(2) },
  Embedding: { inputDim: () => 3, outputDim: () => 2 },
  GroupQueryAttention: { headDim: () => 2, numQueryHeads: () => 2, numKeyValueHeads: () => 1 },
  MultiHeadAttention: { numHeads: () => 2, keyDim: () => 2 },
  ...Object.fromEntries(
    ["Dense", "Gru", "GruCell", "Lstm", "LstmCell", "SimpleRnn", "SimpleRnnCell"].map((name) => [
      name,
      { units: () => 2 },
    ]),
  ),
  ...Object.fromEntries(
    [
      "Conv1d",
      "Conv2d",
      "Conv3d",
      "Conv1dTranspose",
      "Conv2dTranspose",
      "Conv3dTranspose",
      "SeparableConv1d",
      "SeparableConv2d",
    ].map((name) => [name, { filters: () => 2, kernelSize: () => 1 }]),
  ),
};

/** Factories of layers with positional arguments before their options. */
const positional: Readonly<Record<string, readonly unknown[]>> = {
  activation: ["relu"],
  bidirectional: [lstm(2)],
  categoryEncoding: [3],
  centerCrop: [2, 2],
  discretization: [[0, 1]],
  dotLayer: [1],
  groupQueryAttention: [2, 2, 1],
  inputLayer: [[3]],
  lambda: [(x: unknown) => x],
  multiHeadAttention: [2, 2],
  embedding: [3, 2],
  permute: [[1]],
  randomBrightness: [0.1],
  randomContrast: [0.1],
  randomCrop: [2, 2],
  randomFlip: ["horizontal"],
  randomRotation: [0.1],
  randomTranslation: [0.1, 0.1],
  randomZoom: [0.1],
  repeatVector: [2],
  rescaling: [2],
  reshape: [[3]],
  resizing: [2, 2],
  rnn: [arete.lstmCell(2)],
  spectralNormalization: [dense(2)],
  timeDistributed: [dense(2)],
  ...Object.fromEntries(
    "dense gru gruCell lstm lstmCell simpleRnn simpleRnnCell".split(" ").map((name) => [name, [2]]),
  ),
  ...Object.fromEntries(
    "dropout spatialDropout1d spatialDropout2d spatialDropout3d alphaDropout gaussianDropout gaussianNoise"
      .split(" ")
      .map((name) => [name, [0.5]]),
  ),
  ...Object.fromEntries(
    "1d 2d 3d"
      .split(" ")
      .flatMap((d) =>
        [
          "cropping",
          "zeroPadding",
          "adaptiveAveragePooling",
          "adaptiveMaxPooling",
          "averagePooling",
          "maxPooling",
          "upSampling",
        ].map((name) => [`${name}${d}`, [1]]),
      ),
  ),
  ...Object.fromEntries(
    "conv1d conv2d conv3d conv1dTranspose conv2dTranspose conv3dTranspose separableConv1d separableConv2d"
      .split(" ")
      .map((name) => [name, [2, 1]]),
  ),
  depthwiseConv1d: [1],
  depthwiseConv2d: [1],
};

const x = [[1], [2]];
const image = tensor(new Float32Array(16), [1, 4, 4, 1]);
const kernel = tensor(new Float32Array(4), [2, 2, 1, 1]);
const batches = arete.dataset({ x, y: x });
const decay = { initialLearningRate: 0.1, decaySteps: 10 };

function network(): arete.Model {
  return arete.sequential([dense(1, { inputShape: [1] })], { seed: 1 });
}
function compiled(): arete.Model {
  const model = network();
  model.compile({ optimizer: "sgd", loss: "meanSquaredError", backend: js() });
  return model;
}
function history(): arete.History {
  const made = new arete.History(1);
  for (const epoch of [0, 1]) made.add(epoch, { loss: 1 / (epoch + 1) });
  return made;
}
const quiet = { verbose: 0 };

/** By what is called: the call with the least that it needs, and with these options. */
export const calls: Readonly<Record<string, Call>> = {
  ...plain,
  ...Object.fromEntries(
    Object.entries(classes).map(([name, rest]): [string, Call] => {
      const Class = (arete as Options)[name];
      return [
        `new ${name}`,
        (options) =>
          new Class({ ...Object.fromEntries(Object.entries(rest).map(([key, make]) => [key, make()])), ...options }),
      ];
    }),
  ),
  ...Object.fromEntries(
    Object.entries(positional).map(([name, args]): [string, Call] => [
      name,
      (options) => (arete as Options)[name](...args, options),
    ]),
  ),
  "new DepthwiseConv": (o) => new arete.DepthwiseConv("depthwiseConv2d", 2, { kernelSize: 1, ...o }),
  "Recurrent#copy": (o) => lstm(2).copy(o),
  "Rnn#copy": (o) => arete.rnn(arete.lstmCell(2)).copy(o),
  "new Model": (o) => {
    const { inputs, outputs } = network();
    return new arete.Model(inputs, outputs, o);
  },
  "new Variable": (o) => new arete.Variable([1], { initial: 0, ...o }),
  "Discretization#adapt": (o) => arete.discretization({ numBins: 2 }).adapt([1, 2, 3], o),
  "Dataset#batch": (o) => batches.batch(2, o),
  "Dataset#shuffle": (o) => batches.shuffle(o),
  "Dataset#split": (o) => batches.split(0.5, o),
  "Model#compile": (o) => network().compile({ loss: "meanSquaredError", ...o }),
  "Model#fit": (o) => compiled().fit(x, x, { ...quiet, ...o }),
  "Model#trainOnBatch": (o) => compiled().trainOnBatch(x, x, o),
  "Model#testOnBatch": (o) => compiled().testOnBatch(x, x, o),
  "Model#evaluate": (o) => compiled().evaluate(x, x, o),
  "Model#predict": (o) => compiled().predict(x, o),
  "Model#predictAll": (o) => compiled().predictAll(x, o),
  "History#plot": (o) => history().plot(o),
  predictSync: (o) => arete.predictSync(compiled(), x, o),
  predictAllSync: (o) => arete.predictAllSync(compiled(), x, o),
  mcPredict: (o) => arete.mcPredict(compiled(), x, { passes: 2, ...o }),
  setNamedWeights: async (o) => {
    const model = compiled();
    arete.setNamedWeights(model, await arete.getNamedWeights(model), o);
  },
  jit: (o) => arete.jit((a) => a, o),
  trainStep: (o) => arete.trainStep({ variables: network(), optimizer: "sgd", loss: () => tensor(1), ...o }),
  program: (o) => arete.program(compiled(), "predict", o),
  "Model#summary": (o) => network().summary({ print: false, ...o }),
  "Optimizer#apply": (o) => {
    const optimizer = arete.sgd();
    const variable = new arete.Variable([1], { initial: 0 });
    return optimizer.apply([[variable, variable.tensor]], optimizer.scalars(), o);
  },
  "activations.relu": (o) => activations.relu(1, o),
  "activations.leakyRelu": (o) => activations.leakyRelu(1, o),
  "activations.elu": (o) => activations.elu(1, o),
  "activations.celu": (o) => activations.celu(1, o),
  "activations.threshold": (o) => activations.threshold(1, { threshold: 0, defaultValue: 0, ...o }),
  "activations.gelu": (o) => activations.gelu(1, o),
  "activations.squareplus": (o) => activations.squareplus(1, o),
  "activations.hardShrink": (o) => activations.hardShrink(1, o),
  "activations.softShrink": (o) => activations.softShrink(1, o),
  "metrics.sensitivityAtSpecificity": (o) => metrics.sensitivityAtSpecificity(0.5, o),
  "metrics.specificityAtSensitivity": (o) => metrics.specificityAtSensitivity(0.5, o),
  "metrics.precisionAtRecall": (o) => metrics.precisionAtRecall(0.5, o),
  "metrics.recallAtPrecision": (o) => metrics.recallAtPrecision(0.5, o),
  metric: (o) => metrics.metric("own", () => tensor([0]), o),
  "metrics.metric": (o) => metrics.metric("own", () => tensor([0]), o),
  "metrics.iou": (o) => metrics.iou({ numClasses: 2, targetClassIds: [0], ...o }),
  "metrics.meanIou": (o) => metrics.meanIou({ numClasses: 2, ...o }),
  "metrics.oneHotIou": (o) => metrics.oneHotIou({ numClasses: 2, targetClassIds: [0], ...o }),
  "metrics.oneHotMeanIou": (o) => metrics.oneHotMeanIou({ numClasses: 2, ...o }),
  "ops.affineTransform": (o) => ops.affineTransform(image, tensor([[1, 0, 0, 0, 1, 0]]), o),
  "ops.flipImages": (o) => ops.flipImages(image, tensor([1]), o),
  "ops.conv": (o) => ops.conv(image, kernel, o),
  "ops.convTranspose": (o) => ops.convTranspose(image, kernel, { outputSpace: [5, 5], ...o }),
  "ops.argsort": (o) => ops.argsort(tensor([1]), 0, o),
  "ops.sort": (o) => ops.sort(tensor([1]), 0, o),
  "ops.linspace": (o) => ops.linspace(0, 1, 2, o),
  "ops.meshgrid": (o) => ops.meshgrid([tensor([1])], o),
  "ops.cumprod": (o) => ops.cumprod(tensor([1]), 0, o),
  "ops.cumsum": (o) => ops.cumsum(tensor([1]), 0, o),
  "ops.depthwiseConv": (o) => ops.depthwiseConv(image, kernel, o),
  "ops.oneHot": (o) => ops.oneHot(tensor([1]), 2, o),
  "ops.tensor": (o) => ops.tensor([1], undefined, o),
  "ops.matmul": (o) => ops.matmul(tensor([[1]]), tensor([[1]]), o),
  "ops.maxPool": (o) => ops.maxPool(image, 2, o),
  "ops.averagePool": (o) => ops.averagePool(image, 2, o),
  "ops.randomUniform": (o) => ops.randomUniform([1], { seed: 1, ...o }),
  "ops.randomNormal": (o) => ops.randomNormal([1], { seed: 1, ...o }),
  "ops.randomTruncatedNormal": (o) => ops.randomTruncatedNormal([1], { seed: 1, ...o }),
  "ops.randomBernoulli": (o) => ops.randomBernoulli([1], { seed: 1, p: 0.5, ...o }),
  "ops.resize": (o) => ops.resize(image, [2, 2], o),
  "recipes.standard": (o) => recipes.standard({ inputShape: [1], hidden: [1], classes: 2, steps: 2, ...o }),
  "recipes.selfNormalizing": (o) =>
    recipes.selfNormalizing({ inputShape: [1], hidden: [1], classes: 2, steps: 2, x, ...o }),
  checkGradients: (o) => testing.checkGradients((a) => ops.square(a), [[1]], o),
  compareClose: (o) => testing.compareClose([1], [1], o),
  compile: (o) => arete.compile({ outputs: { y: tensor([1]) }, ...o }),
  cosineDecay: (o) => arete.cosineDecay({ ...decay, ...o }),
  cosineDecayRestarts: (o) => arete.cosineDecayRestarts({ initialLearningRate: 0.1, firstDecaySteps: 10, ...o }),
  csvLogger: (o) => arete.csvLogger(() => {}, o),
  datasetFrom: (o) => arete.datasetFrom([{ x, y: x }], o),
  exponentialDecay: (o) => arete.exponentialDecay({ ...decay, decayRate: 0.5, ...o }),
  input: (o) => arete.input([1], o),
  inverseTimeDecay: (o) => arete.inverseTimeDecay({ ...decay, decayRate: 0.5, ...o }),
  diagnose: (o) => arete.diagnose(compiled(), x, x, { batches: 1, steps: 1, ...o }),
  learningRateRangeTest: (o) => arete.learningRateRangeTest(compiled(), x, x, { steps: 2, ...o }),
  maxNorm: (o) => arete.maxNorm(2, o),
  model: (o) => {
    const { inputs, outputs } = network();
    return arete.model({ inputs, outputs, ...o });
  },
  oneCycle: (o) => arete.oneCycle({ maxLearningRate: 0.1, steps: 10, ...o }),
  parseCsv: (o) => arete.parseCsv("a,b\n1,2", o),
  piecewiseConstantDecay: (o) => arete.piecewiseConstantDecay({ boundaries: [1], values: [1, 2], ...o }),
  polynomialDecay: (o) => arete.polynomialDecay({ ...decay, ...o }),
  powerDecay: (o) => arete.powerDecay({ ...decay, ...o }),
  profile: (o) => arete.profile(compiled(), x, { repeats: 1, print: false, ...o }),
  readIdx: (o) => arete.readIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7), o),
  sequential: (o) => arete.sequential([dense(1, { inputShape: [1] })], o),
  tensor: (o) => tensor([1], undefined, o),
  toBeAllClose: (o) => testing.toBeAllClose([1], [1], o),
  viewOf: (o) => testing.viewOf(0, [1], o),
  warmup: (o) => arete.warmup({ steps: 10, target: 0.1, ...o }),
  wasm: (o) => arete.wasm({ threads: 1, ...o }),
};

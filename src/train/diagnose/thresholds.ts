// The numbers that findings depend on, each with where it comes from. "Measured" means: over the healthy networks of
// test/diagnosis/healthy.ts (17 kinds, 3 seeds), before training, over runs of 3 and 20 epochs, and after them.

export const limits = {
  /**
   * Root mean square of what the first layer with weights gets. Weights are initialized for inputs of about 1 (LeCun et
   * al. 1998, "Efficient BackProp", §4.3; Glorot & Bengio 2010): with 10 the logits of a softmax begin saturated.
   */
  inputRms: 10,
  /** The first step's gradient grows with the input: at 1/100 the first layer learns 100 times slower than the bias. */
  smallInputRms: 0.01,
  /** Targets of regression: the output layer begins with outputs of about 1. */
  labelRms: 10,
  smallLabelRms: 0.01,
  /** Largest class of all samples: with 95 % accuracy says little. A caution only. */
  largestClass: 0.95,
  /**
   * Norm of the gradient at the first hidden layer, against the largest after it. Each layer of sigmoid takes at least
   * a factor of 4 (its slope is at most 1/4); plain descent trains networks in which the squared norm falls by no more
   * than about e⁻⁶ (Schoenholz et al. 2017, arXiv:1611.01232: depth of 6 correlation lengths), that is the norm by e⁻³
   * = 0.05. Below 0.01 layers stand still next to others.
   */
  vanishing: 0.01,
  vanished: 1e-4,
  /** As above, growing towards the inputs: the same distance on the other side of 1. */
  exploding: 100,
  exploded: 1e4,
  /**
   * Gradient norm at the first step of a sequence against the last. Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063.
   */
  explodingInTime: 1e3,
  /**
   * Deviation of weights · √inputs, against what keeps the scale under the activation (√2 for relu, 1 for tanh and
   * selu; He et al. 2015, arXiv:1502.01852; Glorot & Bengio 2010). Glorot's differs from it by less than 2 where
   * layers get narrower.
   */
  gain: 4,
  /** Variation of the last hidden layer against that of the inputs, for weights to count as too small or too large. */
  signalLost: 0.02,
  signalGrown: 50,
  /**
   * Share of a layer's units that are dead. 0.4 is the share in Karpathy's CS231n notes for a rate that is too high;
   * deep plain relu stacks come near 0.5 at initialization by themselves, as inputs become alike (Lu et al. 2019,
   * arXiv:1903.06733).
   */
  dead: 0.6,
  mostlyDead: 0.9,
  /** Values of each unit below which nothing is said of dead ones: by chance a relu is off for n samples in 1 of 2ⁿ. */
  deadValues: 10,
  /** Share of values of a hidden layer at which a bounded activation is flat. Glorot & Bengio 2010, figure 2. */
  saturated: 0.5,
  mostlySaturated: 0.9,
  /** Loss of an untrained model against chance: it should begin near it (Karpathy, CS231n, "sanity checks"). */
  initialLoss: 3,
  /** Against the variance of the targets, which an output of about 1 misses by more where they vary little. */
  initialRegressionLoss: 20,
  /**
   * update / weight: about 1e-3 is usual (Karpathy, CS231n, "ratio of weights:updates"); Adam's first steps take more.
   */
  smallUpdate: 1e-5,
  /** Loss after the trial steps against before, on the same samples. */
  worse: 1.2,
  /** The largest loss of a trial step, against the loss before and that of chance. */
  peak: 4,
  /** How much of the loss the trial steps must take off for a rate to count as fast enough. */
  better: 0.02,

  // Over a training run. Of healthy runs (measured) none passes them.
  /** Loss at the end against the loss at the start. */
  diverged: 1.5,
  /** Loss at the end, and least loss, against the start: nothing was learned. */
  noProgress: 0.98,
  /** Size of a turn, against the mean loss, that counts as an oscillation. */
  swing: 0.25,
  /**
   * Validation loss of the last tenth of the epochs against its least before (Prechelt 1998, "Early stopping - but
   * when?", §2: GL 5 to 10 %).
   */
  overfitting: 1.1,
  /** How far it must have risen, against 1 or a smaller loss of chance: from 0.001 to 0.002 is no harm. */
  overfittingRise: 0.1,
  /** Norm of a gradient against the median of all, and what the loss must do in the five steps after. */
  spike: 50,
  spikeLoss: 3,
} as const;

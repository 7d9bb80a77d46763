// Names of classes, options and values in Keras and here. Rules do most of it; these lists hold what no rule gives.

/** Classes that have another word in Keras than here. */
const otherWords: Readonly<Record<string, string>> = {
  orthogonalPenalty: "OrthogonalRegularizer",
  exactAccuracy: "Accuracy",
  simpleRnn: "SimpleRNN",
  simpleRnnCell: "SimpleRNNCell",
};

/** These, and Keras's other names of classes, of older versions or for short: without signs and in small letters. */
const aliases: Readonly<Record<string, string>> = {
  orthogonalregularizer: "orthogonalpenalty",
  accuracy: "exactaccuracy",
  groupedqueryattention: "groupqueryattention",
  identityinitializer: "identity",
  orthogonalinitializer: "orthogonal",
  batchnormalizationv1: "batchnormalization",
  uniform: "randomuniform",
  normal: "randomnormal",
  zero: "zeros",
  one: "ones",
  logcosherror: "logcosh",
};

/** Options whose names no rule gives: ours, and Keras's. */
const options: Readonly<Record<string, string>> = {
  keepDims: "keepdims",
  clipNorm: "clipnorm",
  clipValue: "clipvalue",
  globalClipNorm: "global_clipnorm",
};
const optionsBack = /* @__PURE__ */ Object.fromEntries(Object.entries(options).map(([ours, keras]) => [keras, ours]));

/** Options of our layers that are arguments of Keras's calls. */
export const callOptions = ["useCausalMask", "returnAttentionScores"];

/** A name without signs, in small letters: `Conv2D`, `conv2d` and `conv_2d` are one. */
const plain = (name: string): string => name.toLowerCase().replace(/\W|_/g, "");

/** Our layers whose kinds have the word "Layer" because a function has the name without it; no others lose it. */
const besideFunctions = /^((leakyR|r|)elu|softmax|add|average|subtract|multiply|maximum|minimum|dot)Layer$/;

/** Our kind without the word that keeps a layer apart from a function, such as `addLayer` from `add`. */
const stem = (kind: string): string => kind.replace(besideFunctions, "$1");

/** The name of Keras's class: "conv2dTranspose" gives "Conv2DTranspose". A user's own class keeps its name. */
export function className(kind: string): string {
  // Ours all begin with a small letter.
  if (/^[A-Z]/.test(kind)) return kind;
  const name = stem(kind);
  return (
    otherWords[name] ??
    // Whole words only: a user's own kinds, such as "myRelu", "rmsScale" and "conv2dBlock", have no others.
    name
      .replace(/^(auc|ctc|elu|gru|klD|l1l|lstm|rms|rnn|sgd|stft)(?=$|Cell|ive|2|pr|Norma)|^.|\dd(?=$|Trans)/g, (part) =>
        part.toUpperCase(),
      )
      .replace(/^(Leaky|P?)relu$/i, "$1ReLU")
      .replace(/^(|Binary|(OneHot)?(Mean)?)Iou$/, "$1IoU")
  );
}

/** The kinds of tables by their names without signs. */
const kinds = /* @__PURE__ */ new WeakMap<object, ReadonlyMap<string, string>>();

/** Our kind for the name of a class, or for a string such as "he_normal", among those of a table; or undefined. */
export function kindOf(name: string, table: Readonly<Record<string, unknown>>): string | undefined {
  let known = kinds.get(table);
  if (!known) {
    // Of equal names, the last in this list counts.
    const names = Object.keys(table).reverse();
    const whole = names.map((kind) => [plain(kind), kind] as const);
    known = new Map([...whole, ...names.map((kind) => [plain(stem(kind)), kind] as const)]);
    kinds.set(table, known);
  }
  const key = plain(name);
  return known.get(aliases[key] ?? key) ?? known.get(key);
}

const snake = (text: string): string => text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (text: string): string => text.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** `kernelSize` to `kernel_size`, `beta1` to `beta_1`; `l1` stays. */
export const toSnake = (option: string): string => options[option] ?? snake(option.replace(/([a-z]{2})(\d)/g, "$1_$2"));

/** `kernel_size` to `kernelSize`. */
export const toCamel = (option: string): string => optionsBack[option] ?? camel(option);

/** Whether the strings of an option, by Keras's name, are the user's own: they keep their form. */
export const isOwnText = (option: string): boolean => /^(name|vocabulary|(mask|oov)_(token|value))$/.test(option);

/** A value that names a choice, such as "sumOverBatchSize", as Keras writes it; "ROC" stays. */
export const valueToKeras = (value: string): string => (/^[a-z][^\W_]*$/.test(value) ? snake(value) : value);

/** The reverse of {@link valueToKeras}. */
export const valueFromKeras = (value: string): string => (/^[a-z][a-z0-9_]*$/.test(value) ? camel(value) : value);

/** The name that Keras gives a layer in the file of weights: "Conv2DTranspose" gives "conv2d_transpose". */
export const groupName = (name: string): string =>
  name
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();

"""Every loss: values under each reduction and weighting, and the gradient with respect to yPred.

A case has one configuration and one pair (yTrue, yPred); `expected` lists what each reduction and sampleWeight give.
With reduction "none" the gradient is that of the sum. Samples keep away from kinks.
"""

import functools

import jax
import keras
import numpy as np

from golden.common import Lcg, keras_config, tensor, value

CLASSES = {
    "meanSquaredError": keras.losses.MeanSquaredError,
    "meanAbsoluteError": keras.losses.MeanAbsoluteError,
    "categoricalCrossentropy": keras.losses.CategoricalCrossentropy,
    "sparseCategoricalCrossentropy": keras.losses.SparseCategoricalCrossentropy,
    "binaryCrossentropy": keras.losses.BinaryCrossentropy,
    "meanAbsolutePercentageError": keras.losses.MeanAbsolutePercentageError,
    "meanSquaredLogarithmicError": keras.losses.MeanSquaredLogarithmicError,
    "huber": keras.losses.Huber,
    "logCosh": keras.losses.LogCosh,
    "cosineSimilarity": keras.losses.CosineSimilarity,
    "hinge": keras.losses.Hinge,
    "squaredHinge": keras.losses.SquaredHinge,
    "categoricalHinge": keras.losses.CategoricalHinge,
    "klDivergence": keras.losses.KLDivergence,
    "poisson": keras.losses.Poisson,
    "binaryFocalCrossentropy": keras.losses.BinaryFocalCrossentropy,
    "categoricalFocalCrossentropy": keras.losses.CategoricalFocalCrossentropy,
    "dice": keras.losses.Dice,
    "tversky": keras.losses.Tversky,
    "circle": keras.losses.Circle,
    "ctc": keras.losses.CTC,
    "categoricalGeneralizedCrossEntropy": keras.losses.CategoricalGeneralizedCrossEntropy,
}

REDUCTIONS = ("sum_over_batch_size", "sum", "none", "mean", "mean_with_sample_weight")
# What each weighting is tried with: "mean" is "sum_over_batch_size" by another name.
WEIGHTED_REDUCTIONS = ("sum_over_batch_size", "sum", "none", "mean_with_sample_weight")


def evaluate(loss, config, y_true, y_pred, reduction, weight):
    compute = CLASSES[loss](**keras_config(config), reduction=reduction)

    def total(prediction):
        result = compute(y_true, prediction, sample_weight=weight)
        return jax.numpy.sum(result), result

    gradient, result = jax.grad(total, has_aux=True)(jax.numpy.asarray(y_pred))
    return {
        "reduction": reduction,
        "sampleWeight": None if weight is None else tensor(weight),
        "value": value(result),
        "gradient": tensor(gradient),
    }


def case(loss, config, y_true, y_pred, weights=(), note=None):
    run = functools.partial(evaluate, loss, config, y_true, y_pred)
    expected = [run(reduction, None) for reduction in REDUCTIONS]
    expected += [run(reduction, weight) for weight in weights for reduction in WEIGHTED_REDUCTIONS]
    labels = {"note": note} if note else {}
    return {
        "loss": loss,
        "config": config,
        **labels,
        "yTrue": tensor(y_true),
        "yPred": tensor(y_pred),
        "expected": expected,
    }


# Samples -------------------------------------------------------------------------------------------------------------


def column(*numbers):
    return np.array(numbers, "float32")


WEIGHTS = [column(1, 0.5, 0, 2)]
STEP_WEIGHTS = [column(1, 0.5, 0, 2, 0.25, 1).reshape(2, 3), column(2, 0.5).reshape(2, 1)]


def regression(draw, *shape):
    return draw.array(*shape), draw.array(*shape) + np.float32(1 / 128)


def positive(draw, *shape):
    return draw.array(*shape, scale=0.25, offset=1), draw.array(*shape, scale=0.25, offset=1.0 + 1 / 512)


def binary(draw, *shape):
    return draw.labels(*shape, classes=2).astype("float32"), draw.array(*shape, scale=0.25 * 15 / 16, offset=0.5)


def binary_logits(draw, *shape):
    return draw.labels(*shape, classes=2).astype("float32"), draw.array(*shape, scale=2)


def categorical(draw, *shape):
    return draw.one_hot(*shape), draw.probabilities(*shape)


def categorical_logits(draw, *shape):
    return draw.one_hot(*shape), draw.array(*shape, scale=2)


def distributions(draw, *shape):
    return draw.probabilities(*shape), draw.probabilities(*shape)


def sparse(maker):
    def make(draw, *shape):
        y_true, y_pred = maker(draw, *shape)
        return y_true.argmax(-1).astype("int32"), y_pred

    return make


SATURATED = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0]], "float32")
EXTREME_LOGITS = np.array([[100, -100, 0], [-100, 100, 100], [100, 100, -100], [-100, -100, 90]], "float32")
ONE_HOT = np.eye(3, dtype="float32")[[0, 0, 1, 2]]
SPARSE = np.array([0, 0, 1, 2], "int32")
BITS = np.array([[1, 1, 0], [0, 1, 0], [1, 0, 0], [0, 1, 1]], "float32")


# Which losses are tried on which samples ------------------------------------------------------------------------------

LOGITS = {"fromLogits": True}

REGULAR = [
    ("meanSquaredError", regression, [{}]),
    ("meanAbsoluteError", regression, [{}]),
    ("categoricalCrossentropy", categorical, [{}, {"labelSmoothing": 0.1}]),
    ("categoricalCrossentropy", categorical_logits, [LOGITS, {**LOGITS, "labelSmoothing": 0.1}]),
    ("categoricalCrossentropy", distributions, [{}]),
    ("sparseCategoricalCrossentropy", sparse(categorical), [{}, {"ignoreClass": 1}]),
    ("sparseCategoricalCrossentropy", sparse(categorical_logits), [LOGITS, {**LOGITS, "ignoreClass": 1}]),
    ("binaryCrossentropy", binary, [{}, {"labelSmoothing": 0.1}]),
    ("binaryCrossentropy", binary_logits, [LOGITS, {**LOGITS, "labelSmoothing": 0.1}]),
    ("meanAbsolutePercentageError", positive, [{}]),
    ("meanSquaredLogarithmicError", positive, [{}]),
    ("huber", regression, [{}, {"delta": 0.5}]),
    ("logCosh", regression, [{}]),
    ("cosineSimilarity", regression, [{}, {"axis": 0}]),
    ("hinge", binary_logits, [{}]),
    ("squaredHinge", binary_logits, [{}]),
    ("categoricalHinge", categorical_logits, [{}]),
    ("klDivergence", distributions, [{}]),
    ("poisson", positive, [{}]),
    ("binaryFocalCrossentropy", binary, [{}, {"applyClassBalancing": True, "alpha": 0.3, "gamma": 1.5}]),
    ("binaryFocalCrossentropy", binary_logits, [{**LOGITS, "labelSmoothing": 0.1}]),
    ("categoricalFocalCrossentropy", categorical, [{}, {"alpha": 0.5, "gamma": 1.5, "labelSmoothing": 0.1}]),
    ("categoricalFocalCrossentropy", categorical_logits, [LOGITS]),
]
RANK_3 = [
    ("meanSquaredError", regression, {}),
    ("categoricalCrossentropy", categorical, {}),
    ("sparseCategoricalCrossentropy", sparse(categorical_logits), LOGITS),
    ("binaryCrossentropy", binary, {}),
    ("huber", regression, {}),
]
# alpha and beta are equal: Keras 3.15.1 exchanges them, which 3.16 puts right.
OVERLAPS = [("dice", {}), ("dice", {"axis": [1, 2]}), ("tversky", {}), ("tversky", {"alpha": 0.7, "beta": 0.7, "axis": [1, 2]})]

# No label smoothing: Keras 3.15.1 divides it by the extent of the last axis, 3.16 by the number of classes. No sparse labels: on jax, Keras 3.15.1 takes the
# last axis alone.
CLASSES_FIRST = [
    ("categoricalCrossentropy", categorical, {"axis": 1}),
    ("categoricalCrossentropy", categorical_logits, {**LOGITS, "axis": 1}),
    ("categoricalFocalCrossentropy", categorical, {"axis": 1}),
    ("cosineSimilarity", regression, {"axis": 1}),
    ("binaryCrossentropy", binary, {"axis": 1, "labelSmoothing": 0.1}),
]

EXTREMES = [
    ("categoricalCrossentropy", {}, ONE_HOT, SATURATED, "saturated probabilities"),
    ("categoricalCrossentropy", LOGITS, ONE_HOT, EXTREME_LOGITS, "extreme logits"),
    ("sparseCategoricalCrossentropy", {}, SPARSE, SATURATED, "saturated probabilities"),
    ("sparseCategoricalCrossentropy", LOGITS, SPARSE, EXTREME_LOGITS, "extreme logits"),
    ("sparseCategoricalCrossentropy", {}, SPARSE.reshape(4, 1), SATURATED * 0.5 + 0.125, "labels [n, 1]; rows do not sum to 1"),
    ("categoricalCrossentropy", {}, ONE_HOT, SATURATED * 0.5 + 0.125, "rows do not sum to 1"),
    ("binaryCrossentropy", {}, BITS, SATURATED, "saturated probabilities"),
    ("binaryCrossentropy", LOGITS, BITS, EXTREME_LOGITS, "extreme logits"),
    ("klDivergence", {}, ONE_HOT, SATURATED * 0.75, "zero probabilities"),
    ("poisson", {}, ONE_HOT, SATURATED + 0.0625 * ONE_HOT, "zero targets"),
    ("binaryFocalCrossentropy", {}, BITS, SATURATED * 0.9375 + 0.03125, "nearly saturated probabilities"),
    ("categoricalFocalCrossentropy", {}, ONE_HOT, SATURATED * 0.9375 + 0.03125, "nearly saturated probabilities"),
    ("meanAbsolutePercentageError", {}, ONE_HOT, SATURATED * 0.5 + 0.125, "zero targets are divided by 1e-7"),
    ("meanSquaredLogarithmicError", {}, ONE_HOT * 4 - 2, SATURATED * 4 - 2.125, "negatives count as 1e-7"),
    ("logCosh", {}, ONE_HOT, EXTREME_LOGITS, "large differences"),
    ("hinge", {}, ONE_HOT * 2 - 1, SATURATED * 0.75 + 0.125, "labels -1 and 1"),
    ("cosineSimilarity", {}, ONE_HOT, SATURATED * 2 + 0.25, "scale does not matter"),
]


def regular_cases(draw):
    for loss, maker, configs in REGULAR:
        for config in configs:
            weights = [column(1, 0.5, 2)] if config.get("axis") == 0 else WEIGHTS
            yield case(loss, config, *maker(draw, 4, 3), weights)


def rank_3_cases(draw):
    for loss, maker, config in RANK_3:
        yield case(loss, config, *maker(draw, 2, 3, 4), STEP_WEIGHTS)


def column_cases(draw):
    """[n, 1] outputs, the usual binary classifier."""
    for loss, maker, config in [("binaryCrossentropy", binary, {}), ("meanSquaredError", regression, {})]:
        y_true, y_pred = maker(draw, 4, 1)
        yield case(loss, config, y_true, y_pred, WEIGHTS)
        if loss == "meanSquaredError":
            yield case(loss, config, y_true.reshape(4), y_pred, WEIGHTS, "labels [n] against outputs [n, 1]")


def overlap_cases(draw):
    for loss, config in OVERLAPS:
        yield case(loss, config, *binary(draw, 2, 3, 4), [column(1, 0.5)] if config.get("axis") else [])


def embedding_cases(draw):
    labels = np.array([0, 1, 0, 1, 2, 2], "int32")
    embeddings = draw.array(6, 3, scale=0.25, offset=1 / 128)
    for config in ({}, {"gamma": 16.0, "margin": 0.25, "removeDiagonal": False}):
        yield case("circle", config, labels, embeddings)
    yield case("ctc", {}, np.array([[1, 2, 0], [2, 2, 1]], "int32"), draw.array(2, 6, 4))


def generalized_cases(draw):
    for config in ({}, {"q": 0.75}):
        yield case("categoricalGeneralizedCrossEntropy", config, *sparse(categorical)(draw, 4, 3), WEIGHTS)


def classes_first_cases(draw):
    """[n, classes, 2, 3]: the classes before the pixels."""
    for loss, maker, config in CLASSES_FIRST:
        y_true, y_pred = (np.moveaxis(array, -1, 1) for array in maker(draw, 2, 2, 3, 4))
        yield case(loss, config, y_true, y_pred, [column(1, 0.5).reshape(2, 1, 1)])


def cases():
    draw = Lcg()
    yield from regular_cases(draw)
    yield from rank_3_cases(draw)
    yield from column_cases(draw)
    for loss, config, y_true, y_pred, note in EXTREMES:
        yield case(loss, config, y_true, y_pred, note=note)
    yield from overlap_cases(draw)
    yield from embedding_cases(draw)
    yield from generalized_cases(draw)
    yield from classes_first_cases(draw)

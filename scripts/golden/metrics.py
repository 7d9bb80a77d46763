"""Every metric: the result after each of three batches (the second weighted, the third smaller), and compile's "accuracy"."""

import jax
import keras
import numpy as np
from keras.src.trainers.compile_utils import get_metric

from golden.common import Lcg, keras_config, tensor, value
from golden.losses import binary, categorical, distributions, positive, regression, sparse

CLASSES = {
    "accuracy": keras.metrics.Accuracy,
    "binaryAccuracy": keras.metrics.BinaryAccuracy,
    "categoricalAccuracy": keras.metrics.CategoricalAccuracy,
    "sparseCategoricalAccuracy": keras.metrics.SparseCategoricalAccuracy,
    "topKCategoricalAccuracy": keras.metrics.TopKCategoricalAccuracy,
    "sparseTopKCategoricalAccuracy": keras.metrics.SparseTopKCategoricalAccuracy,
    "meanSquaredError": keras.metrics.MeanSquaredError,
    "rootMeanSquaredError": keras.metrics.RootMeanSquaredError,
    "meanAbsoluteError": keras.metrics.MeanAbsoluteError,
    "meanAbsolutePercentageError": keras.metrics.MeanAbsolutePercentageError,
    "meanSquaredLogarithmicError": keras.metrics.MeanSquaredLogarithmicError,
    "cosineSimilarity": keras.metrics.CosineSimilarity,
    "logCoshError": keras.metrics.LogCoshError,
    "r2Score": keras.metrics.R2Score,
    "precision": keras.metrics.Precision,
    "recall": keras.metrics.Recall,
    "truePositives": keras.metrics.TruePositives,
    "trueNegatives": keras.metrics.TrueNegatives,
    "falsePositives": keras.metrics.FalsePositives,
    "falseNegatives": keras.metrics.FalseNegatives,
    "sensitivityAtSpecificity": keras.metrics.SensitivityAtSpecificity,
    "specificityAtSensitivity": keras.metrics.SpecificityAtSensitivity,
    "precisionAtRecall": keras.metrics.PrecisionAtRecall,
    "recallAtPrecision": keras.metrics.RecallAtPrecision,
    "auc": keras.metrics.AUC,
    "f1Score": keras.metrics.F1Score,
    "fBetaScore": keras.metrics.FBetaScore,
    "iou": keras.metrics.IoU,
    "binaryIou": keras.metrics.BinaryIoU,
    "meanIou": keras.metrics.MeanIoU,
    "oneHotIou": keras.metrics.OneHotIoU,
    "oneHotMeanIou": keras.metrics.OneHotMeanIoU,
    "hinge": keras.metrics.Hinge,
    "squaredHinge": keras.metrics.SquaredHinge,
    "categoricalHinge": keras.metrics.CategoricalHinge,
    "klDivergence": keras.metrics.KLDivergence,
    "poisson": keras.metrics.Poisson,
    "binaryCrossentropy": keras.metrics.BinaryCrossentropy,
    "categoricalCrossentropy": keras.metrics.CategoricalCrossentropy,
    "sparseCategoricalCrossentropy": keras.metrics.SparseCategoricalCrossentropy,
    "pearsonCorrelation": keras.metrics.PearsonCorrelation,
    "concordanceCorrelation": keras.metrics.ConcordanceCorrelation,
}


# Samples: (yTrue, yPred) of one batch ---------------------------------------------------------------------------------


def one_output(draw, rows):
    """Binary labels and a probability [n, 1]; a few are exactly 0.5."""
    return draw.labels(rows, 1, classes=2).astype("float32"), np.round(draw.array(rows, 1, scale=0.25, offset=0.5) * 16) / 16


def several_outputs(draw, rows):
    return binary(draw, rows, 3)


def class_rows(draw, rows):
    return categorical(draw, rows, 4)


def class_numbers(draw, rows):
    return sparse(categorical)(draw, rows, 4)


def class_columns(draw, rows):
    y_true, y_pred = class_numbers(draw, rows)
    return y_true.reshape(rows, 1), y_pred


def value_rows(draw, rows):
    return regression(draw, rows, 3)


def value_sequences(draw, rows):
    return regression(draw, rows, 2, 3)


def positive_rows(draw, rows):
    return positive(draw, rows, 3)


def distribution_rows(draw, rows):
    return distributions(draw, rows, 3)


def labels(draw, rows):
    return draw.labels(rows, classes=3), draw.labels(rows, classes=3)


def masks(draw, rows):
    return draw.labels(rows, 2, 2, classes=3), draw.labels(rows, 2, 2, classes=3)


AUC_VARIANTS = [
    {},
    {"curve": "PR"},
    {"numThresholds": 10},
    {"numThresholds": 10, "curve": "PR"},
    {"numThresholds": 10, "summationMethod": "minoring"},
    {"numThresholds": 10, "summationMethod": "majoring"},
    {"thresholds": [0.125, 0.375, 0.75]},
]

# (metric, configurations, sample of a batch)
TABLE = [
    ("accuracy", [{}], labels),
    ("binaryAccuracy", [{}, {"threshold": 0.625}], one_output),
    ("binaryAccuracy", [{}], several_outputs),
    ("categoricalAccuracy", [{}], class_rows),
    ("sparseCategoricalAccuracy", [{}], class_numbers),
    ("sparseCategoricalAccuracy", [{}], class_columns),
    ("topKCategoricalAccuracy", [{"k": 2}, {}], class_rows),
    ("sparseTopKCategoricalAccuracy", [{"k": 2}, {"k": 3}], class_numbers),
    ("meanSquaredError", [{}], value_rows),
    ("meanSquaredError", [{}], value_sequences),
    ("rootMeanSquaredError", [{}], value_rows),
    ("meanAbsoluteError", [{}], value_rows),
    ("meanAbsolutePercentageError", [{}], positive_rows),
    ("meanSquaredLogarithmicError", [{}], positive_rows),
    ("cosineSimilarity", [{}], value_rows),
    ("logCoshError", [{}], value_rows),
    # Not adjusted: Keras 3.15.1 counts outputs as samples there, 3.16 does not.
    ("r2Score", [{}, {"classAggregation": None}, {"classAggregation": "variance_weighted_average"}, {"numRegressors": 0}], value_rows),
    ("precision", [{}, {"thresholds": [0.25, 0.5, 0.75]}], one_output),
    ("precision", [{"topK": 2}, {"classId": 0}, {"topK": 2, "classId": 1}], class_rows),
    ("recall", [{}, {"thresholds": [0.25, 0.5, 0.75]}], one_output),
    ("recall", [{"topK": 2}, {"classId": 0}], class_rows),
    *[
        (metric, [{}, {"thresholds": [0.25, 0.75]}], one_output)
        for metric in ("truePositives", "trueNegatives", "falsePositives", "falseNegatives")
    ],
    ("sensitivityAtSpecificity", [{"specificity": 0.5}], one_output),
    ("specificityAtSensitivity", [{"sensitivity": 0.5}], one_output),
    ("precisionAtRecall", [{"recall": 0.5}], one_output),
    ("recallAtPrecision", [{"precision": 0.6}], one_output),
    ("auc", AUC_VARIANTS, one_output),
    ("auc", [{"multiLabel": True, "numThresholds": 10}, {"multiLabel": True, "numThresholds": 10, "labelWeights": [1.0, 2.0, 0.5]}], several_outputs),
    ("f1Score", [{}, {"average": "micro"}, {"average": "macro"}, {"average": "weighted"}, {"threshold": 0.25}], class_rows),
    ("fBetaScore", [{"beta": 2.0}, {"beta": 0.5, "average": "macro", "threshold": 0.25}], class_rows),
    ("iou", [{"numClasses": 3, "targetClassIds": [0, 2]}, {"numClasses": 3, "targetClassIds": [0, 1], "ignoreClass": 2}], masks),
    ("meanIou", [{"numClasses": 3}, {"numClasses": 4}], masks),
    ("binaryIou", [{}, {"targetClassIds": [1], "threshold": 0.25}], one_output),
    ("oneHotIou", [{"numClasses": 4, "targetClassIds": [0, 1]}], class_rows),
    ("oneHotMeanIou", [{"numClasses": 4}], class_rows),
    ("hinge", [{}], several_outputs),
    ("squaredHinge", [{}], several_outputs),
    ("categoricalHinge", [{}], class_rows),
    ("klDivergence", [{}], distribution_rows),
    ("poisson", [{}], positive_rows),
    ("binaryCrossentropy", [{}, {"labelSmoothing": 0.1}], several_outputs),
    ("categoricalCrossentropy", [{}, {"labelSmoothing": 0.1}], class_rows),
    ("sparseCategoricalCrossentropy", [{}, {"ignoreClass": 1}], class_numbers),
    ("pearsonCorrelation", [{}], value_rows),
    ("concordanceCorrelation", [{}], value_rows),
]

ROWS = (6, 6, 3)
WEIGHTED = 1
WEIGHTS = np.array([1, 0.5, 0, 2, 1, 0.25], "float32")
# Keras counts IoU in integers and cuts weights down to them.
WHOLE_WEIGHTS = np.array([1, 2, 0, 3, 1, 1], "int32")


def weights_for(metric, y_true):
    if "iou" not in metric.lower():
        return WEIGHTS
    if metric.startswith("oneHot"):
        return WHOLE_WEIGHTS
    return np.broadcast_to(WHOLE_WEIGHTS.reshape(-1, *[1] * (y_true.ndim - 1)), y_true.shape)


def case(metric, config, sample):
    draw = Lcg()
    state = CLASSES[metric](**keras_config(config))
    batches = []
    for number, rows in enumerate(ROWS):
        y_true, y_pred = sample(draw, rows)
        weight = weights_for(metric, y_true) if number == WEIGHTED else None
        state.update_state(y_true, y_pred, sample_weight=weight)
        batches.append(
            {
                "yTrue": tensor(y_true),
                "yPred": tensor(y_pred),
                "sampleWeight": None if weight is None else tensor(weight),
                "result": value(np.asarray(state.result())),
            }
        )
    return {"metric": metric, "config": config, "batches": batches}


# What compile's "accuracy" stands for ---------------------------------------------------------------------------------

SHAPES = [
    ((8, 1), (8, 1)),
    ((8,), (8, 1)),
    ((8, 3), (8, 3)),
    ((8,), (8, 3)),
    ((8, 1), (8, 3)),
    ((8, 5, 3), (8, 5, 3)),
    ((8, 5), (8, 5, 3)),
    ((8, 5, 1), (8, 5, 3)),
    ((8, 5, 1), (8, 5, 1)),
]
RESOLVED = {
    keras.metrics.BinaryAccuracy: "binaryAccuracy",
    keras.metrics.CategoricalAccuracy: "categoricalAccuracy",
    keras.metrics.SparseCategoricalAccuracy: "sparseCategoricalAccuracy",
}


def resolution(y_true_shape, y_pred_shape):
    metric = get_metric("accuracy", jax.numpy.zeros(y_true_shape), jax.numpy.zeros(y_pred_shape))
    return {
        "identifier": "accuracy",
        "yTrueShape": list(y_true_shape),
        "yPredShape": list(y_pred_shape),
        "resolvesTo": RESOLVED[type(metric)],
    }


def cases():
    for shapes in SHAPES:
        yield resolution(*shapes)
    for metric, configs, sample in TABLE:
        for config in configs:
            yield case(metric, config, sample)

"""Training runs from equal weights, never shuffled: losses step by step, final weights, and what `fit` says.

Cases of kind "steps" train on 20 batches of 8, one call each: `losses` is what each step's batch cost before its update
(penalties included). Cases of kind "fit" run whole epochs over rows that do not divide by the batch size: `history` is
Keras's History, `batchLogs` what callbacks see in onTrainBatchEnd (running averages within the epoch).
"""

import keras
import numpy as np

from golden import optimizers
from golden.common import Lcg, flat, keras_config, number, tensor

STEPS, BATCH = 20, 8
FEATURES, CLASSES = 6, 3

LAYERS = {
    "dense": keras.layers.Dense,
    "batchNormalization": keras.layers.BatchNormalization,
}
REGULARIZERS = {"l1": keras.regularizers.L1, "l2": keras.regularizers.L2, "l1l2": keras.regularizers.L1L2}
CONSTRAINTS = {"maxNorm": keras.constraints.MaxNorm}


# Nets ----------------------------------------------------------------------------------------------------------------


def layer(kind, **config):
    return {"layer": kind, "config": config}


PLAIN = [
    layer("dense", units=8, activation="elu"),
    layer("dense", units=5, activation="elu"),
    layer("dense", units=CLASSES, activation="softmax"),
]
NORMALIZED = [
    layer("dense", units=8, useBias=False, kernelRegularizer={"name": "l2", "config": {"l2": 0.01}}),
    layer("batchNormalization", momentum=0.9),
    layer("dense", units=5, activation="elu", kernelRegularizer={"name": "l1l2", "config": {"l1": 0.001, "l2": 0.01}}),
    layer("dense", units=CLASSES, activation="softmax"),
]
CONSTRAINED = [
    layer("dense", units=8, activation="relu", kernelConstraint={"name": "maxNorm", "config": {"maxValue": 1.0}}),
    layer("dense", units=5, activation="relu", activityRegularizer={"name": "l2", "config": {"l2": 0.01}}),
    layer("dense", units=CLASSES),
]
FROZEN = [
    layer("dense", units=8, activation="elu", kernelRegularizer={"name": "l2", "config": {"l2": 0.1}}, trainable=False),
    layer("batchNormalization", momentum=0.9, trainable=False),
    layer("dense", units=5, activation="elu", kernelRegularizer={"name": "l2", "config": {"l2": 0.1}}),
    layer("dense", units=CLASSES, activation="softmax"),
]
BINARY = [layer("dense", units=5, activation="tanh"), layer("dense", units=1, activation="sigmoid")]
REGRESSION = [layer("dense", units=5, activation="tanh"), layer("dense", units=2)]


def named(table, described):
    return table[described["name"]](**keras_config(described["config"]))


def make_layer(description):
    arguments = dict(description["config"])
    for role, table in (("kernelRegularizer", REGULARIZERS), ("activityRegularizer", REGULARIZERS), ("kernelConstraint", CONSTRAINTS)):
        if role in arguments:
            arguments[role] = named(table, arguments[role])
    return LAYERS[description["layer"]](**keras_config(arguments))


def draw_weight(draw, variable):
    shape = tuple(variable.shape)
    if variable.name in ("gamma", "moving_variance"):
        return draw.array(*shape, scale=0.25, offset=1)
    return draw.array(*shape, scale=0.25)


def make_model(net, draw):
    model = keras.Sequential([keras.Input((FEATURES,)), *map(make_layer, net)])
    model.set_weights([draw_weight(draw, weight) for weight in model.weights])
    return model


# Data ----------------------------------------------------------------------------------------------------------------


def inputs(draw, rows):
    return draw.array(rows, FEATURES)


def teacher(x):
    """Labels that can be learned: which of three overlapping sums is largest."""
    return np.stack([x[:, i] + x[:, i + 1] for i in range(CLASSES)], axis=-1).argmax(-1).astype("int32")


def targets(kind, x):
    return {
        "sparse": lambda: teacher(x),
        "oneHot": lambda: np.eye(CLASSES, dtype="float32")[teacher(x)],
        "binary": lambda: (x.sum(-1, keepdims=True) > 0).astype("float32"),
        "values": lambda: np.stack([x[:, 0] - x[:, 1], x[:, 2] * x[:, 3]], axis=-1),
    }[kind]()


def dataset(draw, rows, kind):
    x = inputs(draw, rows)
    return x, targets(kind, x)


# Runs ----------------------------------------------------------------------------------------------------------------


SPARSE = {"name": "sparseCategoricalCrossentropy", "config": {}}
SPARSE_LOGITS = {"name": "sparseCategoricalCrossentropy", "config": {"fromLogits": True}}
LOSSES = {
    "sparseCategoricalCrossentropy": keras.losses.SparseCategoricalCrossentropy,
    "categoricalCrossentropy": keras.losses.CategoricalCrossentropy,
    "binaryCrossentropy": keras.losses.BinaryCrossentropy,
    "meanSquaredError": keras.losses.MeanSquaredError,
}


def described_weights(model):
    return [tensor(weight) for weight in model.get_weights()]


def compiled(net, optimizer, loss, draw, **arguments):
    model = make_model(net, draw)
    model.compile(
        optimizer=optimizers.make_optimizer(optimizer["name"], optimizer["config"]),
        loss=named(LOSSES, loss),
        **arguments,
    )
    return model


def optimizer(name, **config):
    return {"name": name, "config": config}


def steps_case(note, net, method, loss=SPARSE, kind="sparse"):
    draw = Lcg()
    model = compiled(net, method, loss, draw)
    weights = described_weights(model)
    x, y = dataset(draw, STEPS * BATCH, kind)
    losses = [
        float(model.train_on_batch(x[start : start + BATCH], y[start : start + BATCH]))
        for start in range(0, len(x), BATCH)
    ]
    return {
        "kind": "steps",
        "note": note,
        "net": net,
        "optimizer": method,
        "loss": loss,
        "batchSize": BATCH,
        "weights": weights,
        "x": tensor(x),
        "y": tensor(y),
        "expected": {"losses": flat(losses), "weights": described_weights(model)},
    }


class BatchLogs(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.logs = []

    def on_train_batch_end(self, batch, logs=None):
        self.logs.append(numbers(logs))


def numbers(logs):
    return {key: number(float(item)) for key, item in logs.items()}


def fit_case(note, net, method, loss=SPARSE, kind="sparse", rows=20, metrics=(), weightedMetrics=(), validationRows=0, weighted=False, **fit):
    draw = Lcg()
    model = compiled(net, method, loss, draw, metrics=list(metrics), weighted_metrics=list(weightedMetrics))
    weights = described_weights(model)
    x, y = dataset(draw, rows, kind)
    validation = dataset(draw, validationRows, kind) if validationRows else None
    sample_weight = draw.array(rows, scale=0.5, offset=1) if weighted else None
    fit = {"epochs": 3, "batchSize": BATCH, **fit}
    seen = BatchLogs()
    history = model.fit(
        x, y, sample_weight=sample_weight, validation_data=validation, shuffle=False, verbose=0, callbacks=[seen], **keras_config(fit)
    )
    evaluated = model.evaluate(x, y, batch_size=BATCH, verbose=0, return_dict=True)
    return {
        "kind": "fit",
        "note": note,
        "net": net,
        "optimizer": method,
        "loss": loss,
        "metrics": list(metrics),
        "weightedMetrics": list(weightedMetrics),
        "fit": fit,
        "weights": weights,
        "x": tensor(x),
        "y": tensor(y),
        "sampleWeight": None if sample_weight is None else tensor(sample_weight),
        "validation": None if validation is None else {"x": tensor(validation[0]), "y": tensor(validation[1])},
        "expected": {
            "history": {key: flat(series) for key, series in history.history.items()},
            "batchLogs": seen.logs,
            "evaluate": numbers(evaluated),
            "predict": tensor(model.predict(x[:5], verbose=0)),
            "weights": described_weights(model),
        },
    }


def cases():
    sgd = optimizer("sgd", learningRate=0.1)
    adam = optimizer("adam", learningRate=0.02)
    momentum = optimizer("sgd", learningRate=0.05, momentum=0.9)
    yield steps_case("sgd", PLAIN, sgd)
    yield steps_case("momentum", PLAIN, momentum)
    yield steps_case("nesterov", PLAIN, optimizer("sgd", learningRate=0.05, momentum=0.9, nesterov=True))
    yield steps_case("adam", PLAIN, adam)
    yield steps_case("one-hot labels", PLAIN, adam, {"name": "categoricalCrossentropy", "config": {"labelSmoothing": 0.1}}, "oneHot")
    yield steps_case("binary", BINARY, momentum, {"name": "binaryCrossentropy", "config": {}}, "binary")
    yield steps_case("regression", REGRESSION, momentum, {"name": "meanSquaredError", "config": {}}, "values")
    yield steps_case("l2, l1l2, batch normalization, clipNorm", NORMALIZED, optimizer("adam", learningRate=0.02, clipNorm=0.5))
    yield steps_case("maxNorm, activity penalty, logits", CONSTRAINED, momentum, SPARSE_LOGITS)
    yield steps_case("frozen layers: no penalty, batch normalization as in inference", FROZEN, momentum)
    yield steps_case("weight decay and globalClipNorm", PLAIN, optimizer("adamW", learningRate=0.02, weightDecay=0.1, globalClipNorm=1.0))

    yield fit_case("ragged last batch", PLAIN, adam, metrics=["accuracy"])
    yield fit_case("validation data", PLAIN, adam, metrics=["accuracy"], validationRows=11)
    yield fit_case("validation split", PLAIN, adam, metrics=["accuracy"], rows=21, validationSplit=0.3)
    yield fit_case("validation every second epoch", PLAIN, adam, validationRows=11, epochs=4, validationFreq=2)
    yield fit_case("penalties and batch normalization", NORMALIZED, adam, metrics=["accuracy"], validationRows=11)
    yield fit_case("sample weights", PLAIN, adam, metrics=["accuracy"], weightedMetrics=["accuracy"], weighted=True)
    yield fit_case("class weights", PLAIN, adam, metrics=["accuracy"], classWeight={0: 2.0, 2: 0.5})
    yield fit_case("regression", REGRESSION, momentum, {"name": "meanSquaredError", "config": {}}, "values", metrics=["mae", "mse"])
    yield fit_case("binary", BINARY, momentum, {"name": "binaryCrossentropy", "config": {}}, "binary", metrics=["accuracy"])
    yield fit_case("fewer rows than a batch", PLAIN, adam, rows=5, metrics=["accuracy"])
    yield fit_case("activity penalty", CONSTRAINED, adam, SPARSE_LOGITS, metrics=["accuracy"])
    yield fit_case("starts at epoch 1", PLAIN, adam, initialEpoch=1)

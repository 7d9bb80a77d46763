"""What the callbacks that watch a metric decide on a given series of epochs.

The callbacks run on a tiny model whose one weight is set to the epoch's number, so that one sees which epoch's weights came
back. `logs[i]` is what epoch i reports (a key left out was not reported); `expected` says what came of it, epoch by epoch.
"""

import warnings

import keras
import numpy as np

from golden.common import keras_config, number

RATE = 0.5
DOWN_AND_UP = [1.0, 0.8, 0.6, 0.7, 0.65, 0.5, 0.55, 0.56, 0.57, 0.58, 0.4, 0.41]
UP_AND_DOWN = [0.1, 0.3, 0.5, 0.4, 0.45, 0.6, 0.55, 0.54, 0.53, 0.52, 0.7, 0.69]
SLOW = [1.0, 0.995, 0.99, 0.985, 0.98, 0.975, 0.9, 0.899, 0.898, 0.897, 0.896]
FLAT = [1.0] * 8
WORSE = [1.0, 2.0, 3.0, 4.0, 5.0]
NOT_A_NUMBER = [1.0, 0.9, float("nan"), 0.8, float("nan"), float("nan"), 0.85, 0.7]


def series(values, key="val_loss"):
    return [{} if item is None else {key: item} for item in values]


# (config, logs)
EARLY_STOPPING = [
    ({}, series(DOWN_AND_UP)),
    ({"patience": 1}, series(DOWN_AND_UP)),
    ({"patience": 2}, series(DOWN_AND_UP)),
    ({"patience": 3}, series(DOWN_AND_UP)),
    ({"patience": 3, "restoreBestWeights": True}, series(DOWN_AND_UP)),
    ({"patience": 20, "restoreBestWeights": True}, series(DOWN_AND_UP)),
    ({"patience": 2, "restoreBestWeights": True}, series(WORSE)),
    ({"restoreBestWeights": True}, series(WORSE)),
    ({"patience": 4, "minDelta": 0.012}, series(SLOW)),
    ({"patience": 4, "minDelta": 0.032}, series(SLOW)),
    ({"patience": 4, "minDelta": -0.032}, series(SLOW)),
    ({"patience": 6, "minDelta": 0.032}, series(SLOW)),
    ({"patience": 3}, series(FLAT)),
    ({"patience": 3, "baseline": 0.55}, series(DOWN_AND_UP)),
    ({"patience": 6, "baseline": 0.55}, series(DOWN_AND_UP)),
    ({"patience": 3, "baseline": 0.45, "restoreBestWeights": True}, series(DOWN_AND_UP)),
    ({"patience": 1, "baseline": 2.0}, series(DOWN_AND_UP)),
    ({"patience": 2, "startFromEpoch": 4}, series(DOWN_AND_UP)),
    ({"patience": 2, "startFromEpoch": 4, "restoreBestWeights": True}, series(DOWN_AND_UP)),
    ({"startFromEpoch": 20, "restoreBestWeights": True}, series(DOWN_AND_UP)),
    ({"monitor": "val_accuracy", "patience": 2}, series(UP_AND_DOWN, "val_accuracy")),
    ({"monitor": "accuracy", "patience": 3, "restoreBestWeights": True}, series(UP_AND_DOWN, "accuracy")),
    ({"monitor": "val_mae", "patience": 2}, series(DOWN_AND_UP, "val_mae")),
    ({"monitor": "score", "mode": "max", "patience": 2}, series(UP_AND_DOWN, "score")),
    ({"monitor": "score", "mode": "max", "patience": 3, "minDelta": 0.15}, series(UP_AND_DOWN, "score")),
    ({"monitor": "score", "mode": "min", "patience": 2}, series(DOWN_AND_UP, "score")),
    ({"monitor": "loss", "patience": 2}, series(DOWN_AND_UP, "loss")),
    ({"patience": 2}, series([1.0, None, 1.1, None, 1.2, 1.3])),
    ({"patience": 2, "restoreBestWeights": True}, series(NOT_A_NUMBER)),
    ({"patience": 2}, series([float("nan")] * 4)),
]
REDUCE = [
    ({"patience": 2}, series(DOWN_AND_UP)),
    ({"patience": 1, "factor": 0.5}, series(DOWN_AND_UP)),
    ({"patience": 0, "factor": 0.5}, series(DOWN_AND_UP)),
    ({"patience": 2, "factor": 0.5}, series(FLAT)),
    ({"patience": 1, "factor": 0.5, "cooldown": 2}, series(FLAT)),
    ({"patience": 2, "factor": 0.5, "cooldown": 1}, series(DOWN_AND_UP)),
    ({"patience": 1, "factor": 0.1, "minLr": 0.01}, series(FLAT)),
    ({"patience": 1, "factor": 0.5, "minDelta": 0.012}, series(SLOW)),
    ({"patience": 2, "factor": 0.5, "minDelta": 0.0}, series(SLOW)),
    ({"patience": 2, "factor": 0.5}, series([1.0, 0.99995, 0.9999, 0.99985, 0.9998, 0.99975])),
    ({"monitor": "val_accuracy", "patience": 2, "factor": 0.5}, series(UP_AND_DOWN, "val_accuracy")),
    ({"monitor": "score", "mode": "max", "patience": 1, "factor": 0.5}, series(UP_AND_DOWN, "score")),
    ({"patience": 1, "factor": 0.5}, series([1.0, None, 1.1, None, 1.2])),
    ({"patience": 2, "factor": 0.5}, series(NOT_A_NUMBER)),
]
CHECKPOINT = [
    ({}, series(DOWN_AND_UP)),
    ({"saveBestOnly": True}, series(DOWN_AND_UP)),
    ({"saveBestOnly": True}, series(FLAT)),
    ({"saveBestOnly": True, "initialValueThreshold": 0.55}, series(DOWN_AND_UP)),
    ({"saveBestOnly": True, "monitor": "val_accuracy"}, series(UP_AND_DOWN, "val_accuracy")),
    ({"saveBestOnly": True, "monitor": "score", "mode": "max"}, series(UP_AND_DOWN, "score")),
    ({"saveBestOnly": True}, series([1.0, None, 1.1, None, 0.9])),
    ({"saveBestOnly": True}, series(NOT_A_NUMBER)),
]
BATCH_CHECKPOINT = [({"saveFreq": 3}, 4), ({"saveFreq": 4}, 4), ({"saveFreq": 10}, 4), ({"saveFreq": 1}, 2)]


# Running -------------------------------------------------------------------------------------------------------------


def make_model():
    """Compiled with accuracy and mae, called once: mode "auto" looks the direction of a metric up in it."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(optimizer=keras.optimizers.SGD(RATE), loss="mse", metrics=["accuracy", "mae"])
    model.train_on_batch(np.zeros((1, 1)), np.zeros((1, 1)))
    return model


def mark(model, epoch):
    model.set_weights([np.array([[epoch]], "float32")])


def rate(model):
    return number(float(model.optimizer.learning_rate))


def run(callback, logs, after_epoch):
    """Feeds the series to a callback as fit would; after_epoch(model) is asked after each epoch."""
    model = make_model()
    model.stop_training = False
    callback.set_model(model)
    callback.on_train_begin()
    seen = []
    for epoch, epoch_logs in enumerate(logs):
        callback.on_epoch_begin(epoch)
        mark(model, epoch)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a metric that is not reported
            callback.on_epoch_end(epoch, dict(epoch_logs))
        seen.append(after_epoch(model))
        if model.stop_training:
            break
    callback.on_train_end()
    return model, seen


def written(logs):
    return [{key: number(item) for key, item in epoch.items()} for epoch in logs]


def case(name, config, logs, expected):
    return {"callback": name, "config": config, "logs": written(logs), "expected": expected}


def optional(item):
    return None if item is None else number(item)


def early_stopping_case(config, logs):
    callback = keras.callbacks.EarlyStopping(**keras_config(config))
    model, waits = run(callback, logs, lambda _: callback.wait)
    expected = {
        "epochs": len(waits),
        "stopped": model.stop_training,
        "stoppedEpoch": callback.stopped_epoch,
        "best": optional(callback.best),
        "bestEpoch": callback.best_epoch,
        "waits": waits,
        "finalWeightsOfEpoch": int(model.get_weights()[0].item()),
    }
    return case("earlyStopping", config, logs, expected)


def reduce_case(config, logs):
    _, rates = run(keras.callbacks.ReduceLROnPlateau(**keras_config(config)), logs, rate)
    return case("reduceLrOnPlateau", {"initialLearningRate": RATE, **config}, logs, {"learningRates": rates})


class Checkpoint(keras.callbacks.ModelCheckpoint):
    """ModelCheckpoint that notes when it would save, in place of saving."""

    def __init__(self, **config):
        super().__init__("never-written.keras", **config)
        self.saves = []

    def _save_model(self, epoch, batch, logs):
        if self._should_save_model(epoch, batch, logs, self.filepath):
            self.saves.append(epoch if batch is None else [epoch, batch])


def checkpoint_case(config, logs):
    callback = Checkpoint(**keras_config(config))
    run(callback, logs, lambda _: None)
    return case("modelCheckpoint", config, logs, {"savedEpochs": callback.saves, "best": optional(callback.best)})


def batch_checkpoint_case(config, batches, epochs=4):
    callback = Checkpoint(**keras_config(config))
    callback.set_model(make_model())
    callback.on_train_begin()
    for epoch in range(epochs):
        callback.on_epoch_begin(epoch)
        for batch in range(batches):
            callback.on_train_batch_end(batch, {"loss": 1.0})
        callback.on_epoch_end(epoch, {"loss": 1.0})
    return {
        "callback": "modelCheckpoint",
        "config": config,
        "epochs": epochs,
        "batchesPerEpoch": batches,
        "expected": {"savedBatches": callback.saves},
    }


def scheduler_case():
    """schedule(epoch, rate) = epoch < 3 ? rate : rate / 2"""
    logs = series(FLAT, "loss")
    callback = keras.callbacks.LearningRateScheduler(lambda epoch, current: current if epoch < 3 else current * 0.5)
    _, rates = run(callback, logs, rate)
    config = {"initialLearningRate": RATE, "schedule": "(epoch, rate) => epoch < 3 ? rate : rate * 0.5"}
    return case("learningRateScheduler", config, logs, {"learningRates": rates})


def unknown_metric_case():
    """Mode "auto" on a metric that nobody knows is an error."""
    try:
        run(keras.callbacks.EarlyStopping(monitor="score"), series(FLAT, "score"), lambda _: None)
    except ValueError as error:
        assert "automatically determine" in str(error)
        return case("earlyStopping", {"monitor": "score"}, series(FLAT, "score"), {"error": True})
    raise AssertionError("Keras accepted an unknown metric")


def cases():
    for config, logs in EARLY_STOPPING:
        yield early_stopping_case(config, logs)
    yield unknown_metric_case()
    for config, logs in REDUCE:
        yield reduce_case(config, logs)
    for config, logs in CHECKPOINT:
        yield checkpoint_case(config, logs)
    for config, batches in BATCH_CHECKPOINT:
        yield batch_checkpoint_case(config, batches)
    yield scheduler_case()

"""What `fit` does around its steps: which samples it takes in which epoch, and which weights callbacks see with averages.

`order` cases: sample i of `samples` is the number i; `expected.epochs[e][s]` are the samples of step s of epoch e, never shuffled.
`average` cases: one weight, trained on x = 1 with targets `y`, one after the other; `expected` says which weight a checkpoint
after SwapEMAWeights saw in each epoch, the validation losses, and the weight in the end.
"""

import warnings

import keras
import numpy as np

from golden.common import keras_config, number

# (samples, batchSize, stepsPerEpoch, epochs); None is left out.
ORDERS = [
    (4, 1, 2, 3),
    (4, 1, 3, 4),
    (4, 1, 4, 2),
    (4, 1, 6, 2),
    (5, 2, 2, 4),
    (5, 2, 3, 2),
    (7, 3, 1, 5),
    (7, 3, None, 2),
    (10, None, 3, 2),
    (7, None, 3, 3),
    (70, None, None, 2),
]
# (options of SwapEMAWeights, whether a checkpoint comes before or after it, epochs)
AVERAGES = [
    ({}, "after", 3),
    ({"swapOnEpoch": True}, "after", 3),
    ({"swapOnEpoch": True}, "before", 3),
    ({"swapOnEpoch": True}, "after", 1),
]
TARGETS = [1.0, -0.5, 2.0, 0.25]
MOMENTUM = 0.75
RATE = 0.25


class Watched(keras.Sequential):
    """Notes the samples of each training step."""

    def train_step(self, state, data):
        self.steps[-1].append([int(item) for item in np.asarray(data[0]).ravel()])
        return super().train_step(state, data)


class NewEpoch(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.model.steps.append([])


def given(**options):
    return {name: item for name, item in options.items() if item is not None}


def order_case(samples, batch_size, steps, epochs):
    model = Watched([keras.Input((1,)), keras.layers.Dense(1)])
    model.steps = []
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse", run_eagerly=True)
    x = np.arange(samples, dtype="float32").reshape(-1, 1)
    options = given(batchSize=batch_size, stepsPerEpoch=steps, epochs=epochs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # epochs in which the data end
        model.fit(x, x, shuffle=False, verbose=0, callbacks=[NewEpoch()], **keras_config(options))
    return {"kind": "order", "samples": samples, "fit": options, "expected": {"epochs": model.steps}}


class Checkpoint(keras.callbacks.Callback):
    """Notes the weight at the end of each epoch, as ModelCheckpoint would write it."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(number(self.model.get_weights()[0].item()))


def average_case(config, place, epochs):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(optimizer=keras.optimizers.SGD(RATE, use_ema=True, ema_momentum=MOMENTUM), loss="mse")
    x = np.ones((len(TARGETS), 1), "float32")
    y = np.array(TARGETS, "float32").reshape(-1, 1)
    checkpoint = Checkpoint()
    swap = keras.callbacks.SwapEMAWeights(**keras_config(config))
    callbacks = [swap, checkpoint] if place == "after" else [checkpoint, swap]
    history = model.fit(x, y, batch_size=1, epochs=epochs, shuffle=False, verbose=0, validation_data=(x, y), callbacks=callbacks)
    return {
        "kind": "average",
        "config": config,
        "checkpoint": place,
        "epochs": epochs,
        "expected": {
            "seen": checkpoint.seen,
            "valLoss": [number(item) for item in history.history["val_loss"]],
            "weight": number(model.get_weights()[0].item()),
        },
    }


def header():
    return {"targets": TARGETS, "momentum": MOMENTUM, "rate": RATE}


def cases():
    for order in ORDERS:
        yield order_case(*order)
    for average in AVERAGES:
        yield average_case(*average)

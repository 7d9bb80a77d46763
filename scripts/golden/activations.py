"""Every activation: values and derivatives from -20 to 20 and at ±0, ±inf and NaN; those over an axis on rows.

sparsemax is left out: Keras up to 3.15.1 sums the cumulative sums over the support, so that rows with more than one
survivor do not sum to 1 (keras-team/keras issue 23425, mended after the release by pull request 23469).
"""

import jax
import keras
import numpy as np

from golden.common import Lcg, flat, keras_config, keras_name, tensor

# Halves from -20 to 20, then finer and odder numbers, then the special ones.
GRID = [step / 2 for step in range(-40, 41) if step != 0]
FINE = [-0.3, -0.1, -1e-3, -1e-8, 1e-8, 1e-3, 0.1, 0.3, -100.0, 100.0]
SPECIAL = [-0.0, 0.0, float("-inf"), float("inf"), float("nan")]
X = np.array(GRID + FINE + SPECIAL, "float32")

# (activation, config, where the derivative is a convention)
ELEMENTWISE = [
    ("relu", {}, [0]),
    ("relu", {"negativeSlope": 0.25}, [0]),
    ("relu", {"maxValue": 6.0}, [0, 6]),
    ("relu", {"threshold": 1.0}, [1]),
    ("relu", {"negativeSlope": 0.25, "maxValue": 4.0, "threshold": 1.5}, [1.5, 4]),
    ("relu6", {}, [0, 6]),
    ("leakyRelu", {}, [0]),
    ("leakyRelu", {"negativeSlope": 0.01}, [0]),
    ("elu", {}, []),
    ("elu", {"alpha": 0.5}, [0]),
    ("celu", {}, []),
    ("celu", {"alpha": 0.5}, []),
    ("selu", {}, [0]),
    ("gelu", {}, []),
    ("gelu", {"approximate": True}, []),
    ("silu", {}, []),
    ("mish", {}, []),
    ("softplus", {}, []),
    ("softsign", {}, []),
    ("sigmoid", {}, []),
    ("logSigmoid", {}, []),
    ("hardSigmoid", {}, [-3, 3]),
    ("hardSilu", {}, [-3, 3]),
    ("tanh", {}, []),
    ("hardTanh", {}, [-1, 1]),
    ("tanhShrink", {}, []),
    ("softShrink", {}, [-0.5, 0.5]),
    ("softShrink", {"threshold": 2.0}, [-2, 2]),
    ("hardShrink", {}, [-0.5, 0.5]),
    ("hardShrink", {"threshold": 2.0}, [-2, 2]),
    ("threshold", {"threshold": 1.0, "defaultValue": -2.0}, [1]),
    ("squareplus", {}, []),
    ("squareplus", {"b": 0.5}, []),
    ("sparsePlus", {}, []),
    ("sparseSigmoid", {}, [-1, 1]),
    ("exponential", {}, []),
    ("linear", {}, []),
]

ROWS = Lcg().array(3, 4, scale=2)
EXTREME_ROWS = np.array([[100, -100, 0, 50], [-100, -100, -100, -100], [0.5, 0.25, 0, -0.25]], "float32")
BLOCK = Lcg(3).array(2, 4, 3)
OVER_AXES = [
    (name, config, x)
    for name in ("softmax", "logSoftmax")
    for config, x in [({}, ROWS), ({}, EXTREME_ROWS), ({"axis": 1}, BLOCK)]
] + [("glu", {}, ROWS), ("glu", {"axis": 1}, BLOCK)]


def function(name, config):
    apply = getattr(keras.activations, keras_name(name))
    return lambda x: apply(x, **keras_config(config))


def forward_and_backward(name, config, x, dy):
    y, pull = jax.vjp(function(name, config), jax.numpy.asarray(x))
    return y, pull(jax.numpy.asarray(dy))[0]


def elementwise_case(name, config, kinks):
    y, gradient = forward_and_backward(name, config, X, np.ones_like(X))
    return {"activation": name, "config": config, "x": flat(X), "y": flat(y), "gradient": flat(gradient), "kinks": kinks}


def axis_case(name, config, x):
    shape = function(name, config)(jax.numpy.asarray(x)).shape
    dy = Lcg(4).array(*shape)
    y, gradient = forward_and_backward(name, config, x, dy)
    return {
        "activation": name,
        "config": config,
        "x": tensor(x),
        "y": tensor(y),
        "dy": tensor(dy),
        "gradient": tensor(gradient),
    }


def cases():
    for name, config, kinks in ELEMENTWISE:
        yield elementwise_case(name, config, kinks)
    for name, config, x in OVER_AXES:
        yield axis_case(name, config, x)

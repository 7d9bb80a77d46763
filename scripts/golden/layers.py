"""Layers forward and backward: output, gradients of sum(output * dy) and what the layer keeps (moving averages) afterwards.

Weights are listed in Keras's order (getWeights), under Keras's names in camelCase. `gradients.weights` has one entry for
each trainable weight, in that order; a frozen layer (trainable false) has none.
"""

import re

import jax
import keras

from golden.common import Lcg, keras_config, tensor

CLASSES = {
    "dense": keras.layers.Dense,
    "activation": keras.layers.Activation,
    "relu": keras.layers.ReLU,
    "leakyRelu": keras.layers.LeakyReLU,
    "prelu": keras.layers.PReLU,
    "elu": keras.layers.ELU,
    "softmax": keras.layers.Softmax,
    "batchNormalization": keras.layers.BatchNormalization,
    "layerNormalization": keras.layers.LayerNormalization,
    "groupNormalization": keras.layers.GroupNormalization,
    "rmsNormalization": keras.layers.RMSNormalization,
    "unitNormalization": keras.layers.UnitNormalization,
    "spectralNormalization": lambda layer, layer_config, **config: keras.layers.SpectralNormalization(
        CLASSES[layer](**keras_config(layer_config)), **config
    ),
    "conv2d": keras.layers.Conv2D,
}

# (layer, config, input shape)
DENSE = [
    ("dense", {"units": 3}, (4, 5)),
    ("dense", {"units": 3, "useBias": False}, (4, 5)),
    ("dense", {"units": 3, "activation": "relu"}, (4, 5)),
    ("dense", {"units": 3, "activation": "elu"}, (4, 5)),
    ("dense", {"units": 3, "activation": "tanh"}, (4, 5)),
    ("dense", {"units": 3, "activation": "softmax"}, (4, 5)),
    ("dense", {"units": 2, "activation": "sigmoid"}, (2, 3, 4)),
    ("dense", {"units": 2, "useBias": False}, (2, 3, 4)),
    ("dense", {"units": 1}, (1, 1)),
    ("dense", {"units": 7}, (5, 6, 3, 2)),
]
ACTIVATIONS = [
    ("activation", {"activation": "gelu"}, (3, 4)),
    ("relu", {}, (3, 4)),
    ("relu", {"maxValue": 1.0, "negativeSlope": 0.125, "threshold": 0.25}, (3, 4)),
    ("leakyRelu", {}, (3, 4)),
    ("leakyRelu", {"negativeSlope": 0.125}, (3, 4)),
    ("prelu", {}, (3, 4)),
    ("prelu", {}, (2, 3, 4)),
    ("prelu", {"sharedAxes": [1]}, (2, 3, 4)),
    ("prelu", {"sharedAxes": [1, 2]}, (2, 3, 2, 4)),
    ("elu", {}, (3, 4)),
    ("elu", {"alpha": 0.5}, (3, 4)),
    ("softmax", {}, (3, 4)),
    ("softmax", {"axis": 1}, (2, 3, 4)),
    ("softmax", {"axis": [1, 2]}, (2, 3, 4)),
]
BATCH = [
    ({}, (6, 3)),
    ({"momentum": 0.5, "epsilon": 0.01}, (6, 3)),
    ({"center": False}, (6, 3)),
    ({"scale": False}, (6, 3)),
    ({"center": False, "scale": False}, (6, 3)),
    ({"momentum": 0.9}, (2, 4, 3)),
    ({"axis": 1, "momentum": 0.9}, (2, 4, 3)),
    ({"momentum": 0.9}, (2, 3, 2, 4)),
    ({"axis": 1, "momentum": 0.9}, (2, 3, 2, 4)),
    ({"momentum": 0.9}, (1, 3)),
]
RENORM = [
    ({"renorm": True}, (6, 3)),
    ({"renorm": True, "center": False, "scale": False, "momentum": 0.5}, (6, 3)),
    ({"renorm": True, "renormClipping": {"rmin": 0.75, "rmax": 1.25, "dmax": 0.25}, "renormMomentum": 0.75, "momentum": 0.9}, (2, 4, 3)),
]
MASKED = [({"momentum": 0.9}, (2, 4, 3)), ({"momentum": 0.9}, (2, 3, 2, 4)), ({"momentum": 0.9, "renorm": True}, (2, 4, 3))]
OTHER_NORMALIZATIONS = [
    ("layerNormalization", {}, (4, 5)),
    ("layerNormalization", {"epsilon": 0.01, "center": False}, (4, 5)),
    ("layerNormalization", {"scale": False}, (4, 5)),
    ("layerNormalization", {"axis": 1}, (2, 3, 4)),
    ("layerNormalization", {"axis": [1, 2]}, (2, 3, 4)),
    ("groupNormalization", {"groups": 2}, (3, 6)),
    ("groupNormalization", {"groups": 2}, (2, 3, 4)),
    ("groupNormalization", {"groups": -1}, (2, 3, 2, 4)),
    ("groupNormalization", {"groups": 1, "epsilon": 0.01}, (2, 3, 2, 4)),
    ("groupNormalization", {"groups": 2, "axis": 1}, (2, 4, 3)),
    ("groupNormalization", {"groups": 2, "center": False, "scale": False}, (2, 3, 4)),
    ("rmsNormalization", {}, (4, 5)),
    ("rmsNormalization", {"epsilon": 0.01}, (4, 5)),
    ("rmsNormalization", {"axis": [1, 2]}, (2, 3, 4)),
    ("unitNormalization", {}, (4, 5)),
    ("unitNormalization", {"axis": 1}, (2, 3, 4)),
    ("unitNormalization", {"axis": [1, 2]}, (2, 3, 4)),
]
# In training only: outside it Keras 3.15.1 uses what the backend has left of the kernel.
SPECTRAL = [
    ({"layer": "dense", "layerConfig": {"units": 3}}, (4, 5)),
    ({"layer": "dense", "layerConfig": {"units": 3, "activation": "tanh"}, "powerIterations": 3}, (4, 5)),
    ({"layer": "conv2d", "layerConfig": {"filters": 3, "kernelSize": 2}, "powerIterations": 2}, (2, 3, 4, 2)),
]
# (training, trainable)
BATCH_MODES = [(True, True), (False, True), (True, False), (False, False)]


def camel(name):
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def draw_weight(draw, variable):
    """Deviations are positive, scales are near 1, everything else is small."""
    shape = tuple(variable.shape)
    if variable.name in ("moving_variance", "moving_stddev", "renorm_stddev"):
        return draw.array(*shape, scale=0.25, offset=1.0)
    if variable.name in ("gamma", "scale"):
        return draw.array(*shape, scale=0.25, offset=1.0)
    return draw.array(*shape, scale=0.5)


def make_layer(layer, config, shape, trainable, draw):
    made = CLASSES[layer](**keras_config(config))
    made.build(shape)
    made.trainable = trainable
    made.set_weights([draw_weight(draw, weight) for weight in made.weights])
    return made


def backward(made, x, dy, training):
    """(gradient of x, gradients of the trainable weights)."""
    frozen = [weight.value for weight in made.non_trainable_variables]

    def total(trainable, inputs):
        outputs, _ = made.stateless_call(trainable, frozen, inputs, **training)
        return jax.numpy.sum(outputs * dy)

    weights, inputs = jax.grad(total, argnums=(0, 1))([weight.value for weight in made.trainable_variables], x)
    return inputs, weights


def described(weights):
    return [{"name": camel(weight.name), **tensor(weight.numpy())} for weight in weights]


def case(draw, layer, config, shape, training=None, trainable=True, xScale=1.0, xOffset=1 / 128, masked=False, hidden=1):
    """xOffset keeps inputs off the kink at 0. A mask has the axes of x but the last `hidden`."""
    made = make_layer(layer, config, shape, trainable, draw)
    x = jax.numpy.asarray(draw.array(*shape, scale=xScale, offset=xOffset))
    weights = described(made.weights)
    mode = {} if training is None else {"training": training}
    mask = draw.labels(*shape[: len(shape) - hidden], classes=2) if masked else None
    arguments = {**mode, "mask": mask.astype(bool)} if masked else mode
    dy = draw.array(*made.compute_output_shape(shape))
    dx, dw = backward(made, x, dy, arguments)
    output = made(x, **arguments)  # also moves the averages
    return {
        "layer": layer,
        "config": config,
        **mode,
        "trainable": trainable,
        "weights": weights,
        "x": tensor(x),
        **({"mask": tensor(mask)} if masked else {}),
        "output": tensor(output),
        "dy": tensor(dy),
        "gradients": {"x": tensor(dx), "weights": [tensor(gradient) for gradient in dw]},
        "updated": described(weight for weight in made.weights if weight.name.startswith(("moving_", "renorm_", "vector_"))),
    }


def cases():
    draw = Lcg()
    for layer, config, shape in DENSE + ACTIVATIONS:
        yield case(draw, layer, config, shape)
    for number, (config, shape) in enumerate(BATCH):
        for training, trainable in BATCH_MODES[: 4 if number == 0 else 2]:
            yield case(draw, "batchNormalization", config, shape, training, trainable)
    yield case(draw, "batchNormalization", {}, (6, 3), training=True, xScale=2.0**-4, xOffset=8.0)
    for layer, config, shape in OTHER_NORMALIZATIONS:
        yield case(draw, layer, config, shape)
    yield case(draw, "layerNormalization", {}, (4, 5), xScale=2.0**-4, xOffset=8.0)
    yield case(draw, "unitNormalization", {}, (2, 3), xScale=2.0**-20, xOffset=2.0**-20)
    for config, shape in RENORM:
        for training, trainable in BATCH_MODES[:2]:
            yield case(draw, "batchNormalization", config, shape, training, trainable)
    for config, shape in MASKED:
        yield case(draw, "batchNormalization", config, shape, training=True, masked=True)
    for config, shape in SPECTRAL:
        yield case(draw, "spectralNormalization", config, shape, training=True)
    yield from masked_softmax()


def masked_softmax():
    draw = Lcg(11)
    for config in ({}, {"axis": [1, 2]}):
        yield case(draw, "softmax", config, (2, 3, 4), masked=True, hidden=0)

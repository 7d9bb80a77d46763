"""Layers over spatial axes without weights (pooling, padding, cropping, up-sampling): output and gradient of sum(output * dy).

Inputs are multiples of 1/64, so that sums are exact; `ties` rounds them to whole numbers, so that most windows hold equal maxima.
"""

import jax
import keras
import numpy as np

from golden.common import Lcg, keras_config, tensor

NAMES = [f"{kind}{axes}D" for kind in ("MaxPooling", "AveragePooling") for axes in (1, 2, 3)]
NAMES += [f"{scope}{name}" for scope in ("Global", "Adaptive") for name in NAMES]
NAMES += [f"{kind}{axes}D" for kind in ("ZeroPadding", "Cropping", "UpSampling") for axes in (1, 2, 3)]
CLASSES = {name[0].lower() + name[1:-1] + "d": getattr(keras.layers, name) for name in NAMES}

# (axes, config, input shape)
WINDOWS = [
    (1, {}, (2, 6, 3)),
    (1, {}, (2, 7, 3)),
    (1, {"padding": "same"}, (2, 7, 3)),
    (1, {"poolSize": 3, "strides": 2}, (2, 8, 5)),
    (1, {"poolSize": 3, "strides": 2, "padding": "same"}, (2, 8, 5)),
    (1, {"poolSize": 3, "strides": 1, "padding": "same"}, (1, 5, 4)),
    (1, {"poolSize": 1, "strides": 3}, (1, 8, 2)),
    (1, {"poolSize": 7, "strides": 1, "padding": "same"}, (1, 3, 2)),
    (2, {}, (2, 4, 6, 4)),
    (2, {}, (1, 5, 7, 3)),
    (2, {"padding": "same"}, (1, 5, 7, 3)),
    (2, {"poolSize": 3, "strides": 2}, (1, 7, 8, 2)),
    (2, {"poolSize": 3, "strides": 2, "padding": "same"}, (1, 7, 8, 2)),
    (2, {"poolSize": 3, "strides": 1, "padding": "same"}, (1, 4, 5, 5)),
    (2, {"poolSize": [3, 2], "strides": [1, 2]}, (2, 5, 6, 2)),
    (2, {"poolSize": [1, 4], "strides": [2, 3], "padding": "same"}, (1, 5, 9, 2)),
    (2, {"poolSize": 2, "strides": 3}, (1, 8, 7, 2)),
    (3, {}, (1, 4, 4, 6, 2)),
    (3, {"poolSize": [2, 3, 2], "strides": [1, 2, 2], "padding": "same"}, (1, 3, 5, 4, 3)),
    (3, {"poolSize": 2, "strides": 1}, (1, 3, 3, 4, 2)),
]
SHAPES = {1: (2, 5, 3), 2: (2, 3, 4, 3), 3: (2, 2, 3, 2, 3)}
ADAPTIVE = [
    (1, 3, (2, 6, 3)),
    (1, 3, (2, 7, 3)),
    (1, 4, (1, 7, 2)),
    (1, 5, (1, 8, 2)),
    (1, 1, (2, 5, 2)),
    (1, 5, (1, 3, 2)),
    (2, 2, (2, 4, 6, 3)),
    (2, [3, 4], (1, 5, 7, 2)),
    (2, [2, 5], (1, 7, 5, 3)),
    (3, [2, 1, 3], (1, 3, 4, 4, 2)),
]
# (layer, config, input shape)
RESIZES = [
    ("zeroPadding1d", {}, (2, 3, 2)),
    ("zeroPadding1d", {"padding": [0, 2]}, (2, 3, 2)),
    ("zeroPadding2d", {}, (2, 2, 3, 2)),
    ("zeroPadding2d", {"padding": [1, 2]}, (1, 2, 3, 2)),
    ("zeroPadding2d", {"padding": [[1, 0], [2, 3]]}, (1, 2, 3, 2)),
    ("zeroPadding3d", {}, (1, 2, 1, 2, 2)),
    ("zeroPadding3d", {"padding": [[0, 1], [2, 0], [1, 0]]}, (1, 2, 1, 2, 2)),
    ("cropping1d", {}, (2, 5, 2)),
    ("cropping1d", {"cropping": [0, 3]}, (2, 5, 2)),
    ("cropping2d", {}, (1, 3, 4, 2)),
    ("cropping2d", {"cropping": 1}, (1, 3, 4, 2)),
    ("cropping2d", {"cropping": [2, 1]}, (1, 5, 4, 2)),
    ("cropping2d", {"cropping": [[1, 0], [0, 3]]}, (2, 3, 4, 2)),
    ("cropping3d", {}, (1, 3, 4, 3, 2)),
    ("cropping3d", {"cropping": [[1, 0], [0, 2], [1, 1]]}, (1, 2, 4, 3, 2)),
    ("upSampling1d", {}, (2, 3, 2)),
    ("upSampling1d", {"size": 3}, (2, 3, 2)),
    ("upSampling2d", {}, (2, 2, 3, 2)),
    ("upSampling2d", {"size": [1, 3]}, (1, 2, 3, 2)),
    ("upSampling2d", {"interpolation": "bilinear"}, (2, 2, 3, 2)),
    ("upSampling2d", {"interpolation": "bilinear", "size": [3, 4]}, (1, 4, 3, 2)),
    ("upSampling2d", {"interpolation": "bilinear", "size": [5, 2]}, (1, 1, 2, 3)),
    ("upSampling3d", {}, (1, 2, 1, 2, 2)),
    ("upSampling3d", {"size": [1, 2, 3]}, (1, 2, 2, 1, 2)),
]


def case(draw, layer, config, shape, ties=False, mask=None):
    made = CLASSES[layer](**keras_config(config))
    x = draw.array(*shape)
    if ties:
        x = np.round(x)
    dy = draw.array(*made.compute_output_shape(shape))
    masked = {} if mask is None else {"mask": np.array(mask)}
    dx = jax.grad(lambda inputs: jax.numpy.sum(made(inputs, **masked) * dy))(jax.numpy.asarray(x))
    return {
        "layer": layer,
        "config": config,
        **({} if mask is None else {"mask": tensor(np.array(mask, "float32"))}),
        "x": tensor(x),
        "output": tensor(made(x, **masked)),
        "dy": tensor(dy),
        "gradient": tensor(dx),
    }


def cases():
    draw = Lcg()
    for axes, config, shape in WINDOWS:
        yield case(draw, f"maxPooling{axes}d", config, shape)
        yield case(draw, f"maxPooling{axes}d", config, shape, ties=True)
        yield case(draw, f"averagePooling{axes}d", {"poolSize": 2, **config}, shape)
    for axes, shape in SHAPES.items():
        for config in ({}, {"keepDims": True}):
            yield case(draw, f"globalMaxPooling{axes}d", config, shape)
            yield case(draw, f"globalAveragePooling{axes}d", config, shape)
        yield case(draw, f"globalMaxPooling{axes}d", {}, shape, ties=True)
    for config in ({}, {"keepDims": True}):
        mask = [[True, False, True, True], [False, True, False, False]]
        yield case(draw, "globalAveragePooling1d", config, (2, 4, 3), mask=mask)
    for axes, size, shape in ADAPTIVE:
        yield case(draw, f"adaptiveMaxPooling{axes}d", {"outputSize": size}, shape)
        yield case(draw, f"adaptiveMaxPooling{axes}d", {"outputSize": size}, shape, ties=True)
        yield case(draw, f"adaptiveAveragePooling{axes}d", {"outputSize": size}, shape)
    for layer, config, shape in RESIZES:
        yield case(draw, layer, config, shape)

"""Preprocessing layers and affine maps of images: output and gradient of sum(output * dy) in the images.

Random layers are given ranges of one number, ([v, v]), so that what they draw is known; they run in training. `adapt` holds the data that a normalization
is adapted to. The layer "affineTransform" is Keras's ops.image.affine_transform; its `transforms` have six numbers for each image.
"""

import jax
import keras
import numpy as np

from golden.common import Lcg, keras_config, tensor

CLASSES = {
    "rescaling": keras.layers.Rescaling,
    "normalization": keras.layers.Normalization,
    "categoryEncoding": keras.layers.CategoryEncoding,
    "discretization": keras.layers.Discretization,
    "centerCrop": keras.layers.CenterCrop,
    "resizing": keras.layers.Resizing,
    "randomTranslation": keras.layers.RandomTranslation,
    "randomRotation": keras.layers.RandomRotation,
    "randomZoom": keras.layers.RandomZoom,
    "randomBrightness": keras.layers.RandomBrightness,
}

FILLS = ("reflect", "wrap", "constant", "nearest")
MODES = {"oneHot": "one_hot", "multiHot": "multi_hot", "count": "count", "int": "int"}

# (layer, config, input shape)
PLAIN = [
    ("rescaling", {"scale": 0.5}, (2, 3)),
    ("rescaling", {"scale": 0.25, "offset": -1}, (2, 3, 2)),
    ("rescaling", {"scale": [0.5, 2.0, 0.125], "offset": [1.0, 0.0, -1.0]}, (2, 2, 3)),
    ("normalization", {"mean": 0.5, "variance": 2.0}, (3, 4)),
    ("normalization", {"mean": [0.5, 1.0, -1.0], "variance": [2.0, 0.0, 0.25]}, (2, 3)),
    ("normalization", {"mean": [0.5, 1.0, -1.0], "variance": [2.0, 1.0, 0.25], "invert": True}, (2, 4, 3)),
    ("normalization", {"mean": [0.5, 1.0], "variance": [2.0, 1.0], "axis": 1}, (3, 2, 2)),
    ("normalization", {"mean": 0.5, "variance": 2.0, "axis": None}, (3, 2)),
    ("centerCrop", {"height": 2, "width": 3}, (2, 5, 6, 2)),
    ("centerCrop", {"height": 3, "width": 2}, (1, 4, 3, 1)),
    ("centerCrop", {"height": 4, "width": 3}, (1, 3, 5, 2)),
    ("resizing", {"height": 3, "width": 7}, (2, 4, 5, 2)),
    ("resizing", {"height": 2, "width": 2}, (1, 5, 7, 1)),
    ("resizing", {"height": 3, "width": 4, "interpolation": "nearest"}, (1, 5, 3, 2)),
    ("resizing", {"height": 2, "width": 4, "cropToAspectRatio": True}, (1, 5, 6, 1)),
    ("resizing", {"height": 5, "width": 2, "cropToAspectRatio": True}, (1, 4, 3, 2)),
]
ANTIALIASED = [
    ({"height": 2, "width": 3, "antialias": True}, (2, 7, 8, 2)),
    ({"height": 5, "width": 2, "antialias": True}, (1, 3, 9, 1)),
    ({"height": 2, "width": 4, "antialias": True, "cropToAspectRatio": True}, (1, 8, 9, 1)),
]
PADDED = [
    ({"height": 2, "width": 4, "padToAspectRatio": True}, (1, 5, 6, 1)),
    ({"height": 5, "width": 2, "padToAspectRatio": True, "fillValue": 0.5}, (2, 4, 3, 2)),
    ({"height": 3, "width": 4, "padToAspectRatio": True, "fillValue": -1.5, "interpolation": "nearest"}, (1, 4, 4, 1)),
]
METHODS = [
    ({"height": 4, "width": 5, "interpolation": method, "antialias": antialias}, shape)
    for method in ("bicubic", "lanczos3", "lanczos5")
    for antialias, shape in ((False, (1, 3, 3, 2)), (True, (1, 9, 12, 1)))
]
RANDOM = [
    *[
        ("randomTranslation", {"heightFactor": [0.3, 0.3], "widthFactor": [-0.45, -0.45], "fillMode": fill, "interpolation": interpolation}, (2, 4, 5, 2))
        for fill in FILLS
        for interpolation in ("bilinear", "nearest")
    ],
    ("randomTranslation", {"heightFactor": [-0.5, -0.5], "widthFactor": [1.0, 1.0], "fillMode": "constant", "fillValue": 0.5}, (1, 4, 4, 1)),
    ("randomTranslation", {"heightFactor": [0.25, 0.25], "widthFactor": [0.0, 0.0]}, (1, 4, 3, 1)),
    ("randomRotation", {"factor": [0.1, 0.1]}, (2, 5, 4, 2)),
    ("randomRotation", {"factor": [-0.3, -0.3], "fillMode": "wrap"}, (1, 4, 5, 1)),
    ("randomRotation", {"factor": [0.05, 0.05], "interpolation": "nearest", "fillMode": "constant", "fillValue": 1.0}, (1, 5, 5, 2)),
    ("randomZoom", {"heightFactor": [0.25, 0.25]}, (2, 5, 4, 2)),
    ("randomZoom", {"heightFactor": [-0.5, -0.5], "widthFactor": [0.375, 0.375], "fillMode": "nearest"}, (1, 4, 5, 1)),
    ("randomZoom", {"heightFactor": [0.75, 0.75], "widthFactor": [-0.25, -0.25], "fillMode": "constant"}, (1, 4, 5, 1)),
    ("randomBrightness", {"factor": [0.25, 0.25], "valueRange": [-1, 1]}, (2, 2, 3, 1)),
    ("randomBrightness", {"factor": [-0.5, -0.5]}, (1, 2, 2, 2)),
]
ADAPTED = [
    ({}, (4, 3), (2, 3)),
    ({"axis": None}, (4, 3), (2, 3)),
    ({"axis": [1, 2]}, (5, 2, 3), (2, 2, 3)),
    ({"axis": 1, "invert": True}, (3, 2, 4), (2, 2, 4)),
    ({}, (3, 4, 2, 2), (1, 4, 2, 2)),
]
ENCODED = [
    *[("categoryEncoding", {"numTokens": 5, "outputMode": mode}, (3, 4)) for mode in ("oneHot", "multiHot", "count")],
    *[("categoryEncoding", {"numTokens": 4, "outputMode": mode}, (3, 1)) for mode in ("oneHot", "multiHot", "count")],
]
BINS = [
    ("discretization", {"binBoundaries": [-1.0, 0.0, 0.5]}, (3, 4)),
    *[("discretization", {"binBoundaries": [-1.0, 0.0, 0.5], "outputMode": mode}, (3, 2)) for mode in ("oneHot", "multiHot", "count")],
]


def make(layer, config):
    options = keras_config(config)
    if "outputMode" in config:
        options["output_mode"] = MODES[config["outputMode"]]
    return CLASSES[layer](**options)


def differentiated(draw, run, x):
    output = run(jax.numpy.asarray(x))
    dy = draw.array(*output.shape)
    gradient = jax.grad(lambda images: jax.numpy.sum(run(images) * dy))(jax.numpy.asarray(x))
    return {"x": tensor(x), "output": tensor(output), "dy": tensor(dy), "gradient": tensor(gradient)}


def cases():
    draw = Lcg()
    for layer, config, shape in PLAIN:
        made = make(layer, config)
        yield {"layer": layer, "config": config, **differentiated(draw, made, draw.array(*shape))}
    for layer, config, shape in RANDOM:
        made = make(layer, config)
        yield {"layer": layer, "config": config, "training": True, **differentiated(draw, lambda x, made=made: made(x, training=True), draw.array(*shape))}
    for config, data, shape in ADAPTED:
        made = make("normalization", config)
        known = draw.array(*data)
        made.adapt(known)
        yield {"layer": "normalization", "config": config, "adapt": tensor(known), **differentiated(draw, made, draw.array(*shape))}
    for fill in FILLS:
        for interpolation in ("bilinear", "nearest"):
            x = draw.array(2, 4, 5, 2)
            maps = draw.array(2, 6, scale=0.5) + np.array([1, 0, 0, 0, 1, 0], "float32")
            maps[:, [2, 5]] *= 4
            full = np.concatenate([maps, np.zeros((2, 2), "float32")], 1)
            options = {"interpolation": interpolation, "fillMode": fill, "fillValue": 0.25}

            def run(images, full=full, options=options):
                return keras.ops.image.affine_transform(images, full, **keras_config(options))

            yield {"layer": "affineTransform", "config": options, "transforms": tensor(maps), **differentiated(draw, run, x)}
    for layer, config, shape in ENCODED:
        x = draw.labels(*shape, classes=config["numTokens"])
        yield {"layer": layer, "config": config, "x": tensor(x), "output": tensor(make(layer, config)(x))}
    x, weights = draw.labels(3, 4, classes=5), draw.array(3, 4)
    output = make("categoryEncoding", {"numTokens": 5, "outputMode": "count"})(x, count_weights=weights)
    yield {"layer": "categoryEncoding", "config": {"numTokens": 5, "outputMode": "count"}, "x": tensor(x), "weights": tensor(weights), "output": tensor(output)}
    for layer, config, shape in BINS:
        x = np.round(draw.array(*shape) * 2) / 2
        yield {"layer": layer, "config": config, "x": tensor(x), "output": tensor(make(layer, config)(x))}
    for config, shape in ANTIALIASED:
        yield {"layer": "resizing", "config": config, **differentiated(draw, make("resizing", config), draw.array(*shape))}
    yield from methods()
    yield from padded()


def padded():
    draw = Lcg(13)
    for config, shape in PADDED:
        yield {"layer": "resizing", "config": config, **differentiated(draw, make("resizing", config), draw.array(*shape))}


def methods():
    draw = Lcg(11)
    for config, shape in METHODS:
        yield {"layer": "resizing", "config": config, **differentiated(draw, make("resizing", config), draw.array(*shape))}

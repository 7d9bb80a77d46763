"""Layers that change images at random, with what they draw known: output and gradient of sum(output * dy) in the images.

Draws are known where a range holds one number, [v, v], or a probability is 1. What may be turned, or sheared, to either side has
two `outputs`, and each image has one of them. `call` names a function of ours with given amounts, `args`, for what a range cannot
fix. All pixels of an image differ, since derivatives of maxima and minima at equal values are a convention.
"""

import jax
import keras
import numpy as np

from golden.common import Lcg, keras_config, tensor

CLASSES = {
    "randomSaturation": keras.layers.RandomSaturation,
    "randomColorDegeneration": keras.layers.RandomColorDegeneration,
    "randomGrayscale": keras.layers.RandomGrayscale,
    "randomColorJitter": keras.layers.RandomColorJitter,
    "randomInvert": keras.layers.RandomInvert,
    "randomPosterization": keras.layers.RandomPosterization,
    "solarization": keras.layers.Solarization,
    "autoContrast": keras.layers.AutoContrast,
    "randomSharpness": keras.layers.RandomSharpness,
    "randomGaussianBlur": keras.layers.RandomGaussianBlur,
}

UNIT = [0, 1]

# (layer, config, input shape, range of the pixels)
KNOWN = [
    ("randomSaturation", {"factor": [0.25, 0.25], "valueRange": UNIT}, (2, 3, 2, 3), UNIT),
    ("randomSaturation", {"factor": [0.75, 0.75], "valueRange": UNIT}, (2, 3, 3, 3), UNIT),
    ("randomSaturation", {"factor": [0.0, 0.0]}, (1, 2, 2, 3), [0, 255]),
    ("randomSaturation", {"factor": [0.3, 0.3]}, (1, 3, 3, 3), [0, 255]),
    ("randomColorDegeneration", {"factor": [0.5, 0.5]}, (2, 2, 3, 3), [0, 255]),
    ("randomColorDegeneration", {"factor": [-0.5, -0.5], "valueRange": UNIT}, (1, 3, 3, 3), UNIT),
    ("randomGrayscale", {"factor": 1.0}, (2, 2, 2, 3), [0, 255]),
    ("randomGrayscale", {"factor": 0.0}, (1, 2, 2, 3), [0, 255]),
    ("randomColorJitter", {"brightnessFactor": [0.125, 0.125], "saturationFactor": [0.375, 0.375], "valueRange": UNIT}, (2, 3, 2, 3), UNIT),
    ("randomColorJitter", {"brightnessFactor": [-0.25, -0.25]}, (1, 2, 3, 1), [0, 255]),
    ("randomInvert", {"factor": [1.0, 1.0]}, (2, 2, 2, 3), [0, 255]),
    ("randomInvert", {"factor": [0.0, 0.0], "valueRange": UNIT}, (1, 2, 2, 1), UNIT),
    *[("randomPosterization", {"factor": [bits, bits]}, (2, 3, 3, 3), [0, 255]) for bits in (1, 3, 8)],
    ("solarization", {}, (1, 2, 3, 2), [0, 255]),
    ("solarization", {"valueRange": [-1, 1]}, (1, 2, 3, 2), [-1, 1]),
    ("autoContrast", {}, (2, 3, 3, 3), [40, 200]),
    ("autoContrast", {"valueRange": UNIT}, (1, 3, 2, 1), [0.25, 0.5]),
    ("randomSharpness", {"factor": [0.25, 0.25]}, (2, 4, 5, 3), [0, 255]),
    ("randomSharpness", {"factor": [1.0, 1.0], "valueRange": UNIT}, (1, 4, 4, 1), UNIT),
    ("randomGaussianBlur", {"factor": [1.0, 1.0], "sigma": [0.75, 0.75]}, (2, 4, 5, 3), [0, 255]),
    ("randomGaussianBlur", {"factor": [1.0, 1.0], "sigma": [1.0, 1.0], "kernelSize": [3, 5], "valueRange": UNIT}, (1, 6, 5, 1), UNIT),
]


def pixels(draw, shape, bounds):
    """Numbers inside a range, all different, in an order that is drawn."""
    size = int(np.prod(shape))
    order = np.argsort([draw.integer(2**16) for _ in range(size)], kind="stable")
    low, high = bounds
    return (low + (high - low) * (order + 1) / (size + 2)).astype("float32").reshape(shape)


def differentiated(draw, x, *runs):
    outputs = [run(jax.numpy.asarray(x)) for run in runs]
    dy = draw.array(*outputs[0].shape)
    found = [jax.grad(lambda images, run=run: jax.numpy.sum(run(images) * dy))(jax.numpy.asarray(x)) for run in runs]
    return {"x": tensor(x), "dy": tensor(dy), "outputs": [tensor(y) for y in outputs], "gradients": [tensor(g) for g in found]}


def layers(draw):
    for layer, config, shape, bounds in KNOWN:
        made = CLASSES[layer](**keras_config(config))
        if layer == "randomPosterization":
            # Whole numbers: bits have no gradient. x is no number that rounding could take to another byte.
            x = np.floor(pixels(draw, shape, bounds)) + np.float32(0.5)
            yield {"layer": layer, "config": config, "x": tensor(x), "outputs": [tensor(made(x, training=True))]}
            continue
        yield {"layer": layer, "config": config, **differentiated(draw, pixels(draw, shape, bounds), lambda x, made=made: made(x, training=True))}


def either_side(draw):
    for config, bounds in (({"factor": [0.25, 0.25]}, [0, 255]), ({"factor": [0.9, 0.9], "valueRange": UNIT}, UNIT)):
        made = keras.layers.RandomHue(**keras_config(config))
        turn = config["factor"][0] * 0.5
        runs = [lambda x, made=made, turn=turn: made.transform_images(x, {"factor": jax.numpy.full((2,), turn, "float32")}) for turn in (turn, -turn)]
        yield {"layer": "randomHue", "config": config, **differentiated(draw, pixels(draw, (2, 3, 3, 3), bounds), *runs)}
    for config in ({"xFactor": [0.3, 0.3]}, {"xFactor": [0.1, 0.1], "yFactor": [0.4, 0.4], "fillMode": "constant"}, {"yFactor": [0.7, 0.7], "interpolation": "nearest"}):
        made = keras.layers.RandomShear(**keras_config(config))
        by = np.array([[config.get("xFactor", [0])[0], config.get("yFactor", [0])[0]]] * 2, "float32")
        runs = [lambda x, made=made, by=by: made._transform_images(x, {"shear_factor": by}, made.interpolation) for by in (by, -by)]
        yield {"layer": "randomShear", "config": config, **differentiated(draw, pixels(draw, (2, 4, 5, 2), UNIT), *runs)}


def given(draw):
    made = keras.layers.Solarization()
    addition, threshold = np.array([20, 60], "float32"), np.array([100, 180], "float32")
    known = {"additions": addition.reshape(-1, 1, 1, 1), "thresholds": threshold.reshape(-1, 1, 1, 1)}
    run = lambda x: made.transform_images(x, known)  # noqa: E731
    yield {"call": "solarized", "args": [tensor(addition), tensor(threshold)], **differentiated(draw, pixels(draw, (2, 3, 3, 3), [0, 255]), run)}
    corners = [np.array(edge, "float32") for edge in ([0.5, 1.0], [0.0, 2.25], [3.0, 3.5], [2.5, 3.0])]
    left, top, right, bottom = corners
    eraser = keras.layers.RandomErasing()
    mask = eraser._generate_batch_mask((2, 4, 5, 3), (left, right, top, bottom))
    yield {"call": "patchOf", "args": [tensor(edge) for edge in corners], "x": tensor(np.zeros((2, 4, 5, 3), "float32")),
           "outputs": [tensor(np.array(mask[..., :1], "float32"))]}
    x, y = pixels(draw, (3, 4, 5, 2), UNIT), draw.one_hot(3, 4)
    order, weights = np.array([2, 0, 1]), np.array([0.25, 0.5, 0.9], "float32")
    mix = keras.layers.MixUp()
    known = {"mix_weight": weights, "permutation_order": order}
    yield {"mix": "mixRows", "partners": order.tolist(), "weights": tensor(weights), "x": tensor(x), "y": tensor(y),
           "mixed": {"x": tensor(mix.transform_images(x, known)), "y": tensor(mix.transform_labels(y, known))}}
    corners = [np.array(edge, "float32") for edge in ([0.5, 1.0, 0.0], [0.0, 2.25, 1.0], [3.0, 3.5, 5.0], [2.5, 3.0, 1.25])]
    left, top, right, bottom = corners
    cut = keras.layers.CutMix()
    mask, share = cut._generate_batch_mask(x.shape, (left, right, top, bottom))
    known = {"permutation_order": order, "batch_masks": mask, "mix_weight": share}
    yield {"mix": "cutRows", "partners": order.tolist(), "patches": np.stack(corners, 1).tolist(), "x": tensor(x), "y": tensor(y),
           "mixed": {"x": tensor(cut.transform_images(x, known)), "y": tensor(cut.transform_labels(y, known))}}


def cases():
    draw = Lcg(5)
    yield from layers(draw)
    yield from either_side(draw)
    yield from given(draw)

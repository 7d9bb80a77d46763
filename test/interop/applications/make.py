"""Makes the networks of keras.applications for applications.ts: random weights, small images.

With `list`: prints the names of all networks by family, as JSON. With `serve DIRECTORY`: reads requests from standard
input, one a line, and answers each with one line of JSON.

`NAME` makes that network, saves it as DIRECTORY/NAME.keras, and answers with images and predictions.
`NAME predict` loads DIRECTORY/NAME-again.keras, and answers with its predictions for the same images.
`NAME exact` answers with the predictions of the first network in float64.
"""

import functools
import inspect
import json
import logging
import os
import pathlib
import re
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
import jax
import keras
import numpy as np
from keras.src.applications.convnext import LayerScale
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer
from keras.src.backend import random

logging.disable(logging.WARNING)
# The networks run once: what optimizing them takes is not worth it.
jax.config.update("jax_disable_most_optimizations", True)


def plain_random(draw):
    """A function of Keras's initializers that draws by numpy, from its global generator."""
    return lambda shape, *args, dtype=None, seed=None, **options: jax.numpy.asarray(
        draw(*args, size=tuple(shape), **options), dtype or keras.config.floatx()
    )


def truncated_normal(mean=0.0, stddev=1.0, size=None):
    """Within two standard deviations; others are drawn again."""
    numbers = np.random.normal(size=size)
    while (outside := np.abs(numbers) > 2).any():
        numbers[outside] = np.random.normal(size=outside.sum())
    return mean + stddev * numbers


# JAX compiles a program for each shape that is drawn: most of the time of making a network.
random.uniform = plain_random(lambda minval=0.0, maxval=1.0, size=None: np.random.uniform(minval, maxval, size))
random.normal = plain_random(lambda mean=0.0, stddev=1.0, size=None: np.random.normal(mean, stddev, size))
random.truncated_normal = plain_random(truncated_normal)

# Keras refuses smaller images for these.
SIZES = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71}
SIZE = 32
CUSTOM_OBJECTS = {"LayerScale": LayerScale, "CustomScaleLayer": CustomScaleLayer}


def networks():
    """All networks by family, which is the module that makes them."""
    families = {}
    for name, function in vars(keras.applications).items():
        if inspect.isfunction(function) and "weights" in inspect.signature(function).parameters:
            families.setdefault(function.__module__.rsplit(".", 1)[-1], []).append(name)
    return families


def images_for(name):
    size = SIZES.get(name, SIZE)
    return np.random.default_rng(1).uniform(0, 255, (2, size, size, 3)).astype("float32")


def options_of(function):
    """No trained weights, ten classes; logits rather than probabilities, which would be nearly equal."""
    return {"weights": None, "classes": 10, "classifier_activation": None} | (
        {"include_preprocessing": True} if "include_preprocessing" in inspect.signature(function).parameters else {}
    )


def make(name):
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    images = images_for(name)
    function = getattr(keras.applications, name)
    model = function(input_shape=images.shape[1:], **options_of(function))
    # Not what they are at first, so that each variable counts in the result.
    generator = np.random.default_rng(2)
    for variable in model.variables:
        noise = generator.uniform(-0.2, 0.2, variable.shape).astype("float32")
        if re.search("/(gamma|variable(_[0-9]+)?)$", variable.path):
            variable.assign(1 + noise)
        elif re.search("/(beta|bias)$", variable.path):
            variable.assign(noise)
    # Means and variances of what the layers see: without them the images' differences fade from layer to layer.
    normalizations = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    if normalizations:
        momentum = normalizations[0].momentum
        for layer in normalizations:
            layer.momentum = 0.0
        some = generator.uniform(0, 255, (8, *images.shape[1:])).astype("float32")
        state = jax.jit(functools.partial(model.stateless_call, training=True))(
            [v.value for v in model.trainable_variables], [v.value for v in model.non_trainable_variables], some
        )[1]
        for variable, value in zip(model.non_trainable_variables, state):
            variable.assign(value)
        for layer in normalizations:
            layer.momentum = momentum
    return model, images


def answer(model, images):
    predictions = np.asarray(model.predict(images, verbose=0))
    return {
        "parameters": model.count_params(),
        "layers": len(model.layers),
        "shape": predictions.shape,
        "predictions": predictions.ravel().tolist(),
    }


def exact(name):
    """Predictions in float64."""
    model, images = make(name)
    weights = [np.asarray(weight) for weight in model.get_weights()]
    jax.config.update("jax_enable_x64", True)
    keras.config.set_dtype_policy("float64")
    try:
        function = getattr(keras.applications, name)
        model = function(input_shape=images.shape[1:], **options_of(function))
        model.set_weights(weights)
        return answer(model, images.astype("float64"))
    finally:
        keras.config.set_dtype_policy("float32")
        jax.config.update("jax_enable_x64", False)


def serve(directory):
    for line in sys.stdin:
        name, *rest = line.split()
        try:
            if rest == ["predict"]:
                file = directory / f"{name}-again.keras"
                result = answer(keras.models.load_model(file, CUSTOM_OBJECTS), images_for(name))
            elif rest == ["exact"]:
                result = exact(name)
            else:
                model, images = make(name)
                model.save(directory / f"{name}.keras")
                result = {"images": images.ravel().tolist(), "imagesShape": images.shape} | answer(model, images)
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(result), flush=True)


if sys.argv[1] == "list":
    print(json.dumps(networks()))
else:
    serve(pathlib.Path(sys.argv[2]))

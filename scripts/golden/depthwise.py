"""Depthwise convolutions forward and backward, in the form of the family `layers`: output, gradients of sum(output * dy)."""

import jax
import keras

from golden.common import Lcg, keras_config, tensor
from golden.layers import backward, described, draw_weight

CLASSES = {"depthwiseConv1d": keras.layers.DepthwiseConv1D, "depthwiseConv2d": keras.layers.DepthwiseConv2D}

# (axes, config, input shape)
CONVOLUTIONS = [
    (1, {"kernelSize": 3}, (2, 6, 3)),
    (1, {"kernelSize": 3, "padding": "same"}, (2, 7, 4)),
    (1, {"kernelSize": 2, "strides": 2, "padding": "same"}, (1, 7, 5)),
    (1, {"kernelSize": 3, "dilationRate": 2}, (1, 9, 2)),
    (1, {"kernelSize": 3, "depthMultiplier": 2, "useBias": False}, (1, 5, 3)),
    (2, {"kernelSize": 3}, (2, 5, 7, 4)),
    (2, {"kernelSize": 3, "padding": "same"}, (1, 6, 9, 5)),
    (2, {"kernelSize": 3, "strides": 2}, (1, 7, 8, 3)),
    (2, {"kernelSize": 3, "strides": 2, "padding": "same"}, (1, 7, 8, 3)),
    (2, {"kernelSize": 2, "strides": 3, "padding": "same"}, (2, 8, 7, 2)),
    (2, {"kernelSize": 2, "strides": 3}, (1, 8, 7, 2)),
    (2, {"kernelSize": [3, 2], "padding": "same", "activation": "relu"}, (1, 5, 6, 4)),
    (2, {"kernelSize": [1, 4], "dilationRate": [1, 2]}, (1, 3, 9, 4)),
    (2, {"kernelSize": 3, "dilationRate": 2, "padding": "same"}, (1, 6, 7, 3)),
    (2, {"kernelSize": 5, "padding": "same"}, (1, 3, 4, 2)),
    (2, {"kernelSize": 3, "depthMultiplier": 2, "padding": "same"}, (1, 4, 5, 3)),
    (2, {"kernelSize": 2, "depthMultiplier": 3, "strides": 2, "useBias": False, "activation": "tanh"}, (2, 4, 5, 2)),
    (2, {"kernelSize": 3, "padding": "same"}, (1, 5, 12, 9)),
]


def case(draw, layer, config, shape):
    made = CLASSES[layer](**keras_config(config))
    made.build(shape)
    made.set_weights([draw_weight(draw, weight) for weight in made.weights])
    x = jax.numpy.asarray(draw.array(*shape, offset=1 / 128))
    dy = draw.array(*made.compute_output_shape(shape))
    dx, dw = backward(made, x, dy, {})
    return {
        "layer": layer,
        "config": config,
        "trainable": True,
        "weights": described(made.weights),
        "x": tensor(x),
        "output": tensor(made(x)),
        "dy": tensor(dy),
        "gradients": {"x": tensor(dx), "weights": [tensor(gradient) for gradient in dw]},
    }


def cases():
    draw = Lcg()
    for axes, config, shape in CONVOLUTIONS:
        yield case(draw, f"depthwiseConv{axes}d", config, shape)

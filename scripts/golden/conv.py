"""Convolution layers forward and backward: a grid of sizes, strides, dilations, paddings, groups and odd extents.

The cases have the form of layers.py.
"""

import keras

from golden import layers
from golden.common import Lcg

layers.CLASSES.update(
    {
        "conv1d": keras.layers.Conv1D,
        "conv2d": keras.layers.Conv2D,
        "conv3d": keras.layers.Conv3D,
        "conv1dTranspose": keras.layers.Conv1DTranspose,
        "conv2dTranspose": keras.layers.Conv2DTranspose,
        "conv3dTranspose": keras.layers.Conv3DTranspose,
        "separableConv1d": keras.layers.SeparableConv1D,
        "separableConv2d": keras.layers.SeparableConv2D,
    }
)

# (config beyond filters 3, input shape)
CONV1D = [
    ({"kernelSize": 3}, (2, 7, 2)),
    ({"kernelSize": 2, "strides": 2, "padding": "same"}, (2, 7, 2)),
    ({"kernelSize": 3, "dilationRate": 2, "padding": "causal"}, (2, 6, 2)),
    ({"kernelSize": 4, "strides": 3, "padding": "causal", "useBias": False}, (1, 9, 1)),
    ({"kernelSize": 3, "groups": 3, "padding": "same", "activation": "elu"}, (2, 5, 6)),
]
CONV2D = [
    ({"kernelSize": 1}, (2, 3, 4, 2)),
    ({"kernelSize": 3}, (2, 5, 6, 1)),
    ({"kernelSize": [2, 3], "padding": "same"}, (2, 5, 4, 2)),
    ({"kernelSize": 3, "strides": 2}, (2, 7, 6, 2)),
    ({"kernelSize": 3, "strides": 2, "padding": "same"}, (2, 7, 6, 2)),
    ({"kernelSize": 2, "strides": [2, 3], "padding": "same"}, (1, 7, 8, 1)),
    ({"kernelSize": 4, "strides": 3, "padding": "same"}, (1, 8, 10, 1)),
    ({"kernelSize": 1, "strides": 2, "padding": "same"}, (1, 5, 4, 2)),
    ({"kernelSize": 2, "dilationRate": 2}, (1, 5, 6, 2)),
    ({"kernelSize": 3, "dilationRate": [2, 1], "padding": "same"}, (1, 6, 5, 1)),
    ({"kernelSize": 3, "groups": 3, "padding": "same"}, (1, 4, 5, 3)),
    ({"kernelSize": 2, "groups": 3, "filters": 6, "strides": 2}, (2, 4, 5, 6)),
    ({"kernelSize": 2, "activation": "tanh", "useBias": False}, (1, 3, 4, 2)),
    ({"kernelSize": [3, 1], "filters": 1}, (2, 3, 2, 2)),
    ({"kernelSize": 3, "filters": 9, "padding": "same"}, (1, 4, 3, 5)),
]
CONV3D = [
    ({"kernelSize": 2}, (1, 3, 4, 3, 2)),
    ({"kernelSize": [1, 2, 3], "strides": [1, 2, 2], "padding": "same"}, (1, 2, 3, 5, 1)),
    ({"kernelSize": 2, "dilationRate": 2, "groups": 3}, (1, 3, 4, 3, 3)),
]
TRANSPOSE1D = [
    ({"kernelSize": 3}, (2, 4, 2)),
    ({"kernelSize": 2, "strides": 3}, (1, 4, 2)),
    ({"kernelSize": 4, "strides": 2, "padding": "same"}, (1, 3, 2)),
    ({"kernelSize": 3, "dilationRate": 2, "padding": "same"}, (1, 5, 1)),
]
TRANSPOSE2D = [
    ({"kernelSize": 3}, (2, 3, 2, 2)),
    ({"kernelSize": 3, "strides": 2, "padding": "same"}, (2, 3, 2, 2)),
    ({"kernelSize": 2, "strides": 2}, (1, 3, 4, 1)),
    ({"kernelSize": 5, "strides": 2}, (1, 2, 3, 2)),
    ({"kernelSize": [2, 3], "strides": [3, 2], "padding": "same"}, (1, 3, 2, 2)),
    ({"kernelSize": 1, "strides": 2, "padding": "same"}, (1, 2, 3, 1)),
    ({"kernelSize": 4, "strides": 3, "padding": "same"}, (1, 3, 2, 1)),
    ({"kernelSize": 3, "strides": 2, "outputPadding": 1}, (1, 2, 3, 2)),
    ({"kernelSize": 3, "strides": 2, "padding": "same", "outputPadding": 0}, (1, 3, 2, 2)),
    ({"kernelSize": 4, "strides": 3, "padding": "same", "outputPadding": [1, 2]}, (1, 2, 3, 1)),
    ({"kernelSize": 2, "dilationRate": 2, "activation": "elu"}, (1, 3, 3, 2)),
    ({"kernelSize": 3, "filters": 1, "useBias": False, "padding": "same"}, (1, 4, 3, 6)),
]
TRANSPOSE3D = [({"kernelSize": 2, "strides": 2, "padding": "same"}, (1, 2, 2, 3, 2))]
SEPARABLE1D = [({"kernelSize": 3}, (2, 6, 2)), ({"kernelSize": 2, "strides": 2, "padding": "same", "depthMultiplier": 2}, (1, 5, 3))]
SEPARABLE2D = [
    ({"kernelSize": 3}, (2, 4, 5, 3)),
    ({"kernelSize": [2, 3], "padding": "same", "depthMultiplier": 2, "activation": "elu"}, (1, 4, 3, 2)),
    ({"kernelSize": 3, "strides": 2, "padding": "same", "useBias": False}, (1, 6, 5, 2)),
    ({"kernelSize": 2, "dilationRate": 2}, (1, 5, 4, 2)),
]

GRIDS = {
    "conv1d": CONV1D,
    "conv2d": CONV2D,
    "conv3d": CONV3D,
    "conv1dTranspose": TRANSPOSE1D,
    "conv2dTranspose": TRANSPOSE2D,
    "conv3dTranspose": TRANSPOSE3D,
    "separableConv1d": SEPARABLE1D,
    "separableConv2d": SEPARABLE2D,
}
# Added later, so that the numbers of the cases above stay.
MORE = {
    "conv1d": [
        ({"kernelSize": 3, "dilationRate": 3, "padding": "same"}, (1, 7, 2)),
        ({"kernelSize": 2, "strides": 3}, (1, 8, 3)),
        ({"kernelSize": 5, "strides": 2, "padding": "causal", "groups": 3}, (2, 7, 3)),
    ],
    "conv2d": [
        ({"kernelSize": 5, "padding": "same"}, (1, 3, 4, 2)),
        ({"kernelSize": [3, 2], "strides": [3, 1], "padding": "same", "groups": 3}, (1, 5, 7, 3)),
        ({"kernelSize": 3, "dilationRate": 2, "groups": 3}, (1, 7, 5, 6)),
    ],
    "conv3d": [({"kernelSize": 3, "strides": 2, "padding": "same", "groups": 3}, (1, 3, 5, 4, 3))],
    "conv1dTranspose": [
        ({"kernelSize": 5, "strides": 3, "padding": "same", "outputPadding": 1}, (1, 3, 2)),
        ({"kernelSize": 2, "strides": 3, "outputPadding": 2, "useBias": False}, (1, 3, 2)),
    ],
    "conv2dTranspose": [
        ({"kernelSize": [3, 2], "dilationRate": [1, 2], "padding": "same"}, (1, 4, 5, 2)),
        ({"kernelSize": [4, 3], "strides": [2, 3]}, (1, 3, 2, 1)),
    ],
    "conv3dTranspose": [
        ({"kernelSize": 3, "strides": [1, 2, 3]}, (1, 2, 3, 2, 2)),
        ({"kernelSize": [2, 3, 1], "strides": 2, "padding": "same", "outputPadding": [0, 1, 1]}, (1, 2, 2, 3, 1)),
    ],
    "separableConv1d": [
        ({"kernelSize": 3, "dilationRate": 2, "padding": "same"}, (1, 7, 2)),
        ({"kernelSize": 4, "strides": 3, "useBias": False, "activation": "tanh"}, (2, 8, 3)),
    ],
    "separableConv2d": [
        ({"kernelSize": [3, 2], "strides": 2, "depthMultiplier": 3}, (1, 7, 5, 2)),
        ({"kernelSize": 3, "dilationRate": 2, "padding": "same"}, (1, 5, 6, 2)),
    ],
}


def cases():
    draw = Lcg()
    for grids in (GRIDS, MORE):
        for layer, grid in grids.items():
            for config, shape in grid:
                yield layers.case(draw, layer, {"filters": 3, **config}, shape)

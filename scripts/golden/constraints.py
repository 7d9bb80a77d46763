"""Every constraint, over several axes, on weights of which some break it, some hold it and some are zero."""

import keras
import numpy as np

from golden.common import Lcg, keras_config, tensor

CLASSES = {
    "maxNorm": keras.constraints.MaxNorm,
    "unitNorm": keras.constraints.UnitNorm,
    "minMaxNorm": keras.constraints.MinMaxNorm,
    "nonNeg": keras.constraints.NonNeg,
}


def with_zero_column(array):
    array[..., 0] = 0
    return array


def weights():
    draw = Lcg()
    return {
        "bias": draw.array(5),
        "kernel": draw.array(4, 3),
        "zeros": with_zero_column(draw.array(4, 3)),
        "filters": draw.array(2, 2, 3, 2),
    }


AXES = {"bias": [0], "kernel": [0, 1], "zeros": [0], "filters": [0, -1, [0, 1, 2]]}
CONFIGS = {
    "maxNorm": [{}, {"maxValue": 1.5}],
    "unitNorm": [{}],
    "minMaxNorm": [{}, {"minValue": 2.0, "maxValue": 3.0}, {"minValue": 2.0, "maxValue": 3.0, "rate": 0.25}],
}


def case(constraint, config, w):
    return {
        "constraint": constraint,
        "config": config,
        "w": tensor(w),
        "value": tensor(np.asarray(CLASSES[constraint](**keras_config(config))(w))),
    }


def cases():
    for name, w in weights().items():
        for constraint, configs in CONFIGS.items():
            for config in configs:
                for axis in AXES[name]:
                    yield case(constraint, {**config, "axis": axis} if axis != 0 else config, w)
        yield case("nonNeg", {}, w)

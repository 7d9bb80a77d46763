"""What each initializer should draw from: fans, the distribution by Keras's formula, and the moments of a big Keras sample.

Keras's random bits are not ours, so that numbers cannot be compared, only distributions. `distribution` is one of
  {kind: "uniform", low, high} · {kind: "normal", mean, stddev} · {kind: "truncatedNormal", mean, stddev, low, high}
(stddev there is that of the normal before it is cut) with, beside it, `mean` and `stddev` of what comes out.
`sample` holds what Keras itself drew with seed 1: {mean, stddev, min, max}. Those that are not random have `values`.
"""

import math

import keras
import numpy as np
from keras.src.initializers.random_initializers import compute_fans

from golden.common import keras_config, number, tensor

CLASSES = {
    "glorotUniform": keras.initializers.GlorotUniform,
    "glorotNormal": keras.initializers.GlorotNormal,
    "heUniform": keras.initializers.HeUniform,
    "heNormal": keras.initializers.HeNormal,
    "lecunUniform": keras.initializers.LecunUniform,
    "lecunNormal": keras.initializers.LecunNormal,
    "varianceScaling": keras.initializers.VarianceScaling,
    "randomNormal": keras.initializers.RandomNormal,
    "randomUniform": keras.initializers.RandomUniform,
    "truncatedNormal": keras.initializers.TruncatedNormal,
    "orthogonal": keras.initializers.Orthogonal,
    "zeros": keras.initializers.Zeros,
    "ones": keras.initializers.Ones,
    "constant": keras.initializers.Constant,
    "identity": keras.initializers.Identity,
    "stft": keras.initializers.STFT,
}

# What a normal cut at two deviations keeps of its deviation.
TRUNCATION = 0.87962566103423978
SEED = 1

SCALINGS = {
    "glorotUniform": (1.0, "fan_avg", "uniform"),
    "glorotNormal": (1.0, "fan_avg", "truncated_normal"),
    "heUniform": (2.0, "fan_in", "uniform"),
    "heNormal": (2.0, "fan_in", "truncated_normal"),
    "lecunUniform": (1.0, "fan_in", "uniform"),
    "lecunNormal": (1.0, "fan_in", "truncated_normal"),
}
FAN_SHAPES = [(), (7,), (6, 4), (3, 5, 7), (3, 3, 8, 16), (2, 3, 4, 5, 6)]
SAMPLE_SHAPES = [(300, 100), (3, 3, 32, 64)]
SCALING_VARIANTS = [
    {"scale": 2.0, "mode": mode, "distribution": distribution}
    for mode in ("fan_in", "fan_out", "fan_avg")
    for distribution in ("truncated_normal", "untruncated_normal", "uniform")
]
SIMPLE = [
    ("randomNormal", {}),
    ("randomNormal", {"mean": 1.0, "stddev": 0.5}),
    ("randomUniform", {}),
    ("randomUniform", {"minval": -1.0, "maxval": 3.0}),
    ("truncatedNormal", {}),
    ("truncatedNormal", {"mean": 1.0, "stddev": 0.5}),
]
FIXED = [
    ("zeros", {}, (2, 3)),
    ("ones", {}, (2, 3)),
    ("constant", {}, (3,)),
    ("constant", {"value": 0.5}, (2, 3)),
    ("identity", {}, (3, 3)),
    ("identity", {"gain": 2.0}, (2, 4)),
    ("identity", {}, (4, 2)),
    ("stft", {}, (6, 1, 5)),
    ("stft", {"side": "imag", "window": "hamming", "scaling": "spectrum", "periodic": True}, (8, 1, 4)),
    ("stft", {"window": None, "scaling": None}, (4, 1, 3)),
    ("stft", {"side": "imag", "window": [1.0, 2.0, 3.0], "scaling": "density"}, (3, 1, 3)),
]
ORTHOGONAL = [({}, (6, 4)), ({}, (4, 6)), ({}, (5, 5)), ({"gain": 2.0}, (6, 4)), ({}, (3, 3, 2, 4)), ({"gain": 0.5}, (2, 2, 2, 20))]


def uniform(low, high):
    return {"kind": "uniform", "low": low, "high": high}, (low + high) / 2, (high - low) / math.sqrt(12)


def normal(mean, stddev):
    return {"kind": "normal", "mean": mean, "stddev": stddev}, mean, stddev


def truncated(mean, stddev):
    cut = {"kind": "truncatedNormal", "mean": mean, "stddev": stddev, "low": mean - 2 * stddev, "high": mean + 2 * stddev}
    return cut, mean, stddev * TRUNCATION


def scaled(shape, scale, mode, distribution):
    fan_in, fan_out = compute_fans(shape)
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    variance = scale / max(1.0, fan)
    if distribution == "uniform":
        limit = math.sqrt(3 * variance)
        return uniform(-limit, limit)
    if distribution == "untruncated_normal":
        return normal(0.0, math.sqrt(variance))
    return truncated(0.0, math.sqrt(variance) / TRUNCATION)


def theory(name, config, shape):
    """(distribution, mean, stddev of what comes out)."""
    if name in SCALINGS:
        return scaled(shape, *SCALINGS[name])
    if name == "varianceScaling":
        return scaled(shape, **{"scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal", **config})
    if name == "randomUniform":
        return uniform(config.get("minval", -0.05), config.get("maxval", 0.05))
    family = normal if name == "randomNormal" else truncated
    return family(config.get("mean", 0.0), config.get("stddev", 0.05))


def draw(name, config, shape):
    return np.asarray(CLASSES[name](**keras_config(config), seed=SEED)(shape=shape)).astype("float64")


def moments(sample):
    return {
        "mean": number(sample.mean()),
        "stddev": number(sample.std()),
        "min": number(sample.min()),
        "max": number(sample.max()),
    }


def fans(shape):
    fan_in, fan_out = compute_fans(shape)
    return {"fanIn": fan_in, "fanOut": fan_out}


def random_case(name, config, shape):
    distribution, mean, stddev = theory(name, config, shape)
    return {
        "initializer": name,
        "config": camel_modes(config),
        "shape": list(shape),
        "fans": fans(shape),
        "distribution": {key: item if isinstance(item, str) else number(item) for key, item in distribution.items()},
        "mean": number(mean),
        "stddev": number(stddev),
        "sample": moments(draw(name, config, shape)),
    }


def camel_modes(config):
    """fan_in is fanIn in aretejs, truncated_normal truncatedNormal."""
    names = {"fan_in": "fanIn", "fan_out": "fanOut", "fan_avg": "fanAvg"}
    names |= {"truncated_normal": "truncatedNormal", "untruncated_normal": "untruncatedNormal"}
    return {key: names.get(item, item) for key, item in config.items()}


def orthogonal_case(config, shape):
    """The rows or columns of the matrix [prod(shape[:-1]), shape[-1]], whichever are fewer, are orthogonal and gain long."""
    matrix = draw("orthogonal", config, shape).reshape(-1, shape[-1])
    rows, columns = matrix.shape
    gram = matrix.T @ matrix if rows >= columns else matrix @ matrix.T
    gain = config.get("gain", 1.0)
    error = np.abs(gram - gain**2 * np.eye(len(gram))).max()
    assert error < 1e-5, f"orthogonal {shape}: {error}"
    return {
        "initializer": "orthogonal",
        "config": config,
        "shape": list(shape),
        "orthonormal": "columns" if rows >= columns else "rows",
        "gain": gain,
    }


def cases():
    for shape in FAN_SHAPES:
        yield {"shape": list(shape), "fans": fans(shape)}
    for name in SCALINGS:
        for shape in SAMPLE_SHAPES:
            yield random_case(name, {}, shape)
    for config in ({}, *SCALING_VARIANTS):
        yield random_case("varianceScaling", config, SAMPLE_SHAPES[0])
    for name, config in SIMPLE:
        yield random_case(name, config, SAMPLE_SHAPES[0])
    for config, shape in ORTHOGONAL:
        yield orthogonal_case(config, shape)
    for name, config, shape in FIXED:
        yield {
            "initializer": name,
            "config": config,
            "shape": list(shape),
            "values": tensor(np.asarray(CLASSES[name](**keras_config(config))(shape=shape))),
        }

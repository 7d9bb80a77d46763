"""What every family uses: deterministic inputs, names, JSON with float32's digits, comparison."""

import json
import math
import pathlib
import platform
import re

import jax
import keras
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "test" / "golden" / "data"
SEED = 1

keras.config.set_floatx("float32")


# Inputs --------------------------------------------------------------------------------------------------------------


class Lcg:
    """s <- 1664525 s + 1013904223 (mod 2^32); each number is ((s >> 16) mod 257 - 128) / 64: in [-2, 2], exact in float32.

    In TypeScript: s = (Math.imul(s, 1664525) + 1013904223) >>> 0; value = (((s >>> 16) % 257) - 128) / 64.
    """

    def __init__(self, seed=SEED):
        self.state = seed

    def integer(self, below):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return (self.state >> 16) % below

    def array(self, *shape, scale=1.0, offset=0.0):
        """float32 array filled in row-major order; keep scale and offset dyadic so that the numbers stay short."""
        numbers = [(self.integer(257) - 128) / 64 * scale + offset for _ in range(math.prod(shape))]
        return np.array(numbers, "float32").reshape(shape)

    def labels(self, *shape, classes):
        return np.array([self.integer(classes) for _ in range(math.prod(shape))], "int32").reshape(shape)

    def one_hot(self, *shape):
        return np.eye(shape[-1], dtype="float32")[self.labels(*shape[:-1], classes=shape[-1])]

    def probabilities(self, *shape):
        """Rows that sum to 1 (softmax of small logits), rounded to 2^-12: safely inside (0, 1)."""
        logits = self.array(*shape).astype("float64")
        rows = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        return (np.round(rows * 4096) / 4096).astype("float32")


# Names ---------------------------------------------------------------------------------------------------------------

KERAS_NAMES = {
    "relu6": "relu6",
    "keepDims": "keepdims",
    "clipNorm": "clipnorm",
    "clipValue": "clipvalue",
    "globalClipNorm": "global_clipnorm",
    "l1": "l1",
    "l2": "l2",
    "l1RegularizationStrength": "l1_regularization_strength",
    "l2RegularizationStrength": "l2_regularization_strength",
    "l2ShrinkageRegularizationStrength": "l2_shrinkage_regularization_strength",
}


def keras_name(name):
    """learningRate -> learning_rate, beta1 -> beta_1."""
    return KERAS_NAMES.get(name) or re.sub(r"(?<=[a-z0-9])[A-Z]|(?<=[a-z])\d", lambda found: f"_{found[0].lower()}", name)


def keras_config(config):
    """Keyword arguments for Keras from aretejs's camelCase configuration."""
    return {keras_name(key): value for key, value in config.items()}


# Output --------------------------------------------------------------------------------------------------------------


def number(value):
    """A JSON number with the fewest digits that name the float32 (or the integer), or a string for the special ones."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(str(np.float32(value)))


def flat(array):
    return [number(value) for value in np.asarray(array).ravel()]


def tensor(array):
    """{shape, data}: row-major."""
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": flat(array)}


def value(array):
    """A scalar as a number, anything else as a tensor."""
    return number(np.asarray(array).item()) if np.ndim(array) == 0 else tensor(array)


def versions():
    return {
        "keras": keras.__version__,
        "jax": jax.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def document(shared, cases):
    return {**versions(), "seed": SEED, "script": "scripts/golden.py", **shared, "cases": cases}


def dumps(document):
    """One line per case, so that a change shows in a diff as the case it touches."""

    def compact(item):
        return json.dumps(item, separators=(",", ":"), allow_nan=False)

    head = "".join(f" {json.dumps(key)}: {compact(item)},\n" for key, item in document.items() if key != "cases")
    cases = ",\n".join(f"  {compact(case)}" for case in document["cases"])
    return f'{{\n{head} "cases": [\n{cases}\n ]\n}}\n'


loads = json.loads


# Comparison ----------------------------------------------------------------------------------------------------------


# Sums that cancel to almost nothing are not held to a share of that nothing.
FLOOR = 0.01


def is_number(item):
    return isinstance(item, (int, float)) and not isinstance(item, bool)


def is_numeric_list(item):
    return isinstance(item, list) and item != [] and all(is_number(entry) for entry in item)


def close(old, new, scale, tolerance):
    return abs(old - new) <= tolerance * max(abs(old), abs(new), scale, FLOOR)


def compare(old, new, tolerance, path=""):
    """Where two documents differ. A list of numbers is measured against its largest member, nothing finer than FLOOR."""
    if is_numeric_list(old) and is_numeric_list(new) and len(old) == len(new):
        scale = max(map(abs, old))
        pairs = enumerate(zip(old, new))
        return [f"{path}[{i}]: {a} became {b}" for i, (a, b) in pairs if not close(a, b, scale, tolerance)]
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        return [line for key in old for line in compare(old[key], new[key], tolerance, f"{path}.{key}")]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [line for i, (a, b) in enumerate(zip(old, new)) for line in compare(a, b, tolerance, f"{path}[{i}]")]
    same = close(old, new, 0, tolerance) if is_number(old) and is_number(new) else old == new
    return [] if same else [f"{path}: {old} became {new}"]

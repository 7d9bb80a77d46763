"""Prints the public names of the modules of Keras that docs/from-keras.md compares with, as JSON.

    .cache/keras/bin/python scripts/keras-names.py > site/names/keras.json
"""

import inspect
import json
import os

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras

FAMILIES = ["layers", "optimizers", "losses", "metrics", "callbacks", "initializers", "regularizers", "ops", "models", "utils", "random"]


def is_class_family(family):
    return family not in ("ops", "models", "utils", "random")


def names(module, family):
    """Classes of the family (of ops and tools functions, too), each object once, under its first name."""
    found = {}
    for name in sorted(dir(module)):
        value = getattr(module, name)
        if name.startswith("_") or inspect.ismodule(value):
            continue
        if is_class_family(family) and not inspect.isclass(value):
            continue
        found.setdefault(id(value), name)
    return sorted(found.values())


result = {family: names(getattr(keras, family), family) for family in FAMILIES}
result["optimizers.schedules"] = names(keras.optimizers.schedules, "optimizers")
result["activations"] = [
    name for name in sorted(dir(keras.activations))
    if not name.startswith("_") and inspect.isfunction(getattr(keras.activations, name)) and name not in ("get", "serialize", "deserialize")
]
result["constraints"] = names(keras.constraints, "constraints")
print(json.dumps({"version": keras.__version__, "names": result}, indent=2))

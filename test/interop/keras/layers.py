"""Opens the models that ../layers.test.ts has written to a folder, and prints what differs, as JSON."""

import json
import os
import sys
from pathlib import Path

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
import keras
import numpy as np

folder = Path(sys.argv[1])


def check(case):
    model = keras.models.load_model(folder / f"{case['name']}.keras")
    x = [np.array(one["data"], one["dtype"]).reshape(one["shape"]) for one in case["x"]]
    outputs = keras.tree.flatten(model(x if len(x) > 1 else x[0], training=False))
    for found, wanted in zip(outputs, case["y"], strict=True):
        wanted = np.array(wanted["data"]).reshape(wanted["shape"])
        np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-5, atol=1e-5)
    loss = sum(float(np.square(np.asarray(one, "float64")).mean()) for one in outputs) + sum(map(float, model.losses))
    np.testing.assert_allclose(loss, case["loss"], rtol=1e-4, err_msg="the loss")


failed = []
for case in json.loads((folder / "cases.json").read_text()):
    try:
        check(case)
    except Exception as error:
        failed.append(f"{case['name']}: {type(error).__name__}: {str(error)[:400]}")
print(json.dumps(failed))

"""The matrix between real Keras and aretejs: `make.py make FOLDER` writes models of Keras with what they give;
`make.py check FOLDER` opens what aretejs has written of them, and compares.

Versions: scripts/requirements.txt. Run by `npm run test:interop`.
"""

import json
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
# Most of the time goes into compiling steps of tiny models, which run a few times: three times as fast without the costly passes.
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
import keras
import numpy as np
from absl import logging

# Keras warns of each .h5 file.
logging.set_verbosity(logging.ERROR)

sys.path.insert(0, str(Path(__file__).parent))
from models import CUSTOM, LOSSES, MODELS, OPTIMIZERS, chain, f, ints

mode, folder = sys.argv[1], Path(sys.argv[2])
only = sys.argv[3:]
folder.mkdir(parents=True, exist_ok=True)
RANDOM = ("random_images",)


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    value = np.asarray(value)
    return {"data": value.ravel().tolist(), "shape": value.shape, "dtype": str(value.dtype)}


def array(value):
    if isinstance(value, list):
        return [array(item) for item in value]
    if "shape" not in value:
        return {key: array(item) for key, item in value.items()}
    return np.array(value["data"], value["dtype"]).reshape(value["shape"])


def train(model, x, y, steps=3):
    count = len(keras.tree.flatten(x)[0])
    fit = lambda: model.fit(x, y, batch_size=count, epochs=1, shuffle=False, verbose=0).history["loss"][0]
    return [float(fit()) for _ in range(steps)]


def predict(model, x):
    result = model.predict(x, verbose=0, batch_size=64)
    return plain(list(result) if isinstance(result, (list, tuple)) else [result])


def make(name, model, x, y, optimizer, loss="mse", metrics=None):
    model.compile(optimizer=optimizer, loss=loss, metrics=metrics)
    train(model, x, y)
    model.save(folder / f"{name}.keras")
    # The older format, with the optimizer's state. Keras 3.15.1 cannot write Adafactor's: it gives the row and column
    # averages of a weight one name, and HDF5 refuses the second ("name already exists").
    if name.startswith("optimizer_") and name != "optimizer_adafactor":
        model.save(folder / f"{name}.h5")
    isRandom = name in RANDOM
    case = {"x": plain(x), "y": plain(y), "predictions": predict(model, x), "losses": None if isRandom else train(model, x, y)}
    (folder / f"{name}.json").write_text(json.dumps(case))
    keras.backend.clear_session()


def attempt(name, build):
    """Makes one case; what fails in Keras itself is told at the end, and fails the run."""
    if (folder / f"{name}.json").exists() or (only and name not in only):
        return
    try:
        make(name, *build())
    except Exception as error:
        broken.append(name)
        print(f"FAILED in Keras: {name}: {type(error).__name__}: {str(error)[:300]}")


broken = []


def make_all():
    keras.utils.set_random_seed(5)
    for name, build in MODELS.items():
        attempt(name, lambda: with_settings(name, *build()))
    for name, optimizer in OPTIMIZERS.items():
        attempt(f"optimizer_{name}", lambda: (*perceptron(), optimizer()))
    for name, loss in LOSSES.items():
        attempt(f"loss_{name}", lambda: classifier(name, loss))
    (folder / "versions.json").write_text(json.dumps({"keras": keras.__version__, "numpy": np.__version__}))
    sys.exit(1 if broken else 0)


def with_settings(name, model, x, y):
    adam = keras.optimizers.Adam(0.01)
    if name == "several_outputs":
        losses = {"first": "mse", "second": "binary_crossentropy"}
        return model, x, y, adam, losses, {"first": ["mae"], "second": ["accuracy", keras.metrics.AUC()]}
    return model, x, y, adam, "mse", None if isinstance(y, list) else ["mae"]


def perceptron():
    return chain((4,), keras.layers.Dense(5, "tanh"), keras.layers.Dense(3), keras.layers.Dense(2))


LINEAR = ("bce_logits", "cosine", "hinge", "squared_hinge", "categorical_hinge", "huber", "log_cosh", "mae")


def classifier(name, loss):
    model, x, _ = chain((4,), keras.layers.Dense(3, "linear" if name in LINEAR else "softmax"))
    classes = ints(3, 6)
    y = classes if name in ("scce", "cgce") else np.eye(3, dtype="float32")[classes]
    return model, x, y, keras.optimizers.SGD(0.1), loss, METRICS if name == "cce" else None


M = keras.metrics
METRICS = [
    "accuracy", "mse", M.Precision(top_k=2), M.Recall(class_id=1), M.F1Score("macro"), M.FBetaScore(beta=2.0, threshold=0.4),
    M.TopKCategoricalAccuracy(2), M.OneHotMeanIoU(3), M.SensitivityAtSpecificity(0.4), M.RootMeanSquaredError(),
    M.CategoricalCrossentropy(from_logits=True), M.TruePositives(thresholds=0.3), M.BinaryAccuracy(threshold=0.4), M.CosineSimilarity(),
    M.AUC(num_thresholds=20, curve="PR"), M.KLDivergence(name="kl"), M.R2Score(), M.PearsonCorrelation(),
]


def check_all():
    """Opens the files that aretejs wrote; NAME.back.json has what it predicted and the losses of three more steps."""
    failed = 0
    count = 0
    for path in sorted(folder.glob("*.back.json")):
        name = path.name.removesuffix(".back.json")
        if only and name not in only:
            continue
        count += 1
        case = json.loads(path.read_text())
        try:
            model = keras.models.load_model(folder / f"{name}.back.keras", custom_objects=CUSTOM)
            x, y = array(case["x"]), array(case["y"])
            # None where the two differ on purpose: then it opens, and that is all.
            for given, found in zip(case["predictions"], predict(model, x), strict=bool(case["predictions"])):
                np.testing.assert_allclose(array(found), array(given), rtol=1e-5, atol=1e-5)
            if case["losses"] is not None:
                np.testing.assert_allclose(train(model, x, y), case["losses"], rtol=1e-4, atol=1e-4)
        except Exception as error:
            failed += 1
            print(f"FAILED {name}: {type(error).__name__}: {str(error)[:600]}")
        keras.backend.clear_session()
    print(f"{count - failed} passed, {failed} failed: files of aretejs in Keras {keras.__version__}")
    sys.exit(1 if failed or count == 0 else 0)


make_all() if mode == "make" else check_all()

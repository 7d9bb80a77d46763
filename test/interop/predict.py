"""Loads a model in real Keras; prints inputs and its predictions for them, as JSON.

`python predict.py FILE [INPUTS]`: INPUTS is a file of float32 numbers; default: random numbers.
"""

import json
import sys

import keras
import numpy as np

# Not compiled: Keras 3 does not know the names that Keras 2 gave to settings of optimizers.
model = keras.models.load_model(sys.argv[1], compile=False)
shape = (-1, *model.input_shape[1:])
if len(sys.argv) > 2:
    x = np.fromfile(sys.argv[2], "<f4").reshape(shape)
else:
    x = np.random.default_rng(1).uniform(-1, 1, (4, *shape[1:])).astype("float32")
predictions = np.asarray(model.predict(x, verbose=0))
as_json = {name: {"data": array.ravel().tolist(), "shape": array.shape} for name, array in [("x", x), ("predictions", predictions)]}
print(json.dumps(as_json | {"layers": len(model.layers)}))

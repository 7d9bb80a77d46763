"""Trains a model in real Keras when it is told to: `rival.py BACKEND THREADS`, run by rival.ts.

Reads commands from standard input and answers each with one line of JSON on standard output:

    {"do": "open", "model": PATH, "x": PATH, "y": PATH, "shape": [...], "labels": "int32" | "float32", "batch": N}
    {"do": "fit"}    one epoch of model.fit, in order; answers {"ms": milliseconds, "loss": mean loss of the epoch}
"""

import json
import os
import sys
import time

backend, threads = sys.argv[1], int(sys.argv[2])
os.environ["KERAS_BACKEND"] = backend
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads)
os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)
os.environ["TF_NUM_INTEROP_THREADS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["JAX_PLATFORMS"] = "cpu"
# What the frameworks write belongs to standard error; answers have standard output to themselves.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import keras
import numpy as np

if backend == "torch":
    import torch

    torch.set_num_threads(threads)


def open_model(command):
    global fit
    model = keras.models.load_model(command["model"])
    x = np.fromfile(command["x"], "float32").reshape(command["shape"])
    y = np.fromfile(command["y"], command["labels"])

    def fit():
        history = model.fit(x, y, batch_size=command["batch"], epochs=1, shuffle=False, verbose=0)
        return float(history.history["loss"][0])

    return {}


def timed_fit():
    start = time.perf_counter()
    loss = fit()
    return {"ms": (time.perf_counter() - start) * 1000, "loss": loss}


def answer(value):
    print(json.dumps(value), file=answers, flush=True)


answer({"version": keras.__version__})
for line in sys.stdin:
    command = json.loads(line)
    answer(open_model(command) if command["do"] == "open" else timed_fit())

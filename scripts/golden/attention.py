"""Attention layers and merging layers of several inputs, with masks: outputs and all gradients of sum(outputs * dy).

`inputs` are query, value and, where there are so many, key and attention mask (or what is merged); `masks` has null where an input has none. What Keras takes
with each call (useCausalMask, returnAttentionScores) stands in `config`, as in aretejs. Weights are listed in Keras's order, under Keras's names.
"""

import jax
import keras
import numpy as np

from golden.common import Lcg, keras_config, tensor
from golden.layers import camel, draw_weight

CLASSES = {
    "attention": keras.layers.Attention,
    "additiveAttention": keras.layers.AdditiveAttention,
    "multiHeadAttention": keras.layers.MultiHeadAttention,
    "groupQueryAttention": keras.layers.GroupQueryAttention,
    "addLayer": keras.layers.Add,
    "subtractLayer": keras.layers.Subtract,
    "multiplyLayer": keras.layers.Multiply,
    "averageLayer": keras.layers.Average,
    "maximumLayer": keras.layers.Maximum,
    "minimumLayer": keras.layers.Minimum,
    "concatenate": keras.layers.Concatenate,
    "dotLayer": keras.layers.Dot,
}

QUERY_MASK = [[True, True, False], [True, False, False]]
VALUE_MASK = [[True, False, True, True], [False, True, True, False]]
KEY_MASK = [[True, True, True, False], [True, True, True, True]]
# Pairs: each row has a value that counts, also together with VALUE_MASK.
PAIRS = [[[1, 0, 0, 1], [0, 0, 1, 0], [1, 1, 1, 1]], [[0, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1]]]

Q3, V4, K4 = (2, 3, 4), (2, 4, 5), (2, 4, 4)
V4_SAME = (2, 4, 4)

# (layer, config, shapes of query, value and key, masks)
SCORED = [
    ("attention", {}, [Q3, V4_SAME], []),
    ("attention", {}, [Q3, V4, K4], []),
    ("attention", {"useScale": True}, [Q3, V4, K4], [None, VALUE_MASK]),
    ("attention", {"useScale": True, "useCausalMask": True}, [Q3, V4, K4], []),
    ("attention", {"scoreMode": "concat"}, [Q3, V4, K4], []),
    ("attention", {"scoreMode": "concat", "useScale": True}, [Q3, V4, K4], [QUERY_MASK, VALUE_MASK]),
    ("attention", {"returnAttentionScores": True}, [Q3, V4_SAME], [QUERY_MASK, VALUE_MASK]),
    ("attention", {"useCausalMask": True, "returnAttentionScores": True}, [(2, 4, 4), V4_SAME], [None, KEY_MASK]),
    ("attention", {"useCausalMask": True}, [(1, 5, 2), (1, 3, 2)], []),
    ("additiveAttention", {}, [Q3, V4, K4], []),
    ("additiveAttention", {"useScale": False}, [Q3, V4_SAME], [QUERY_MASK, VALUE_MASK]),
    ("additiveAttention", {"useCausalMask": True}, [(2, 4, 4), V4, K4], [None, KEY_MASK]),
    ("additiveAttention", {"returnAttentionScores": True}, [Q3, V4, K4], [QUERY_MASK, VALUE_MASK]),
]

HEADS = {"numHeads": 2, "keyDim": 3}
MULTI = [
    (HEADS, [Q3, V4], []),
    (HEADS, [Q3, V4, K4], []),
    ({"numHeads": 1, "keyDim": 2}, [Q3, V4], []),
    # On jax, Keras has another valueDim only where it gives the scores, too.
    ({**HEADS, "valueDim": 5, "returnAttentionScores": True}, [Q3, V4, K4], []),
    ({**HEADS, "useBias": False}, [Q3, V4], []),
    ({**HEADS, "outputShape": [7]}, [Q3, V4], []),
    ({**HEADS, "outputShape": [2, 3]}, [Q3, V4], []),
    (HEADS, [Q3, V4], [QUERY_MASK, VALUE_MASK]),
    (HEADS, [Q3, V4, K4], [QUERY_MASK, VALUE_MASK, KEY_MASK]),
    ({**HEADS, "useCausalMask": True}, [(2, 4, 4), V4], []),
    ({**HEADS, "useCausalMask": True}, [(2, 4, 4), V4], [None, KEY_MASK]),
    ({**HEADS, "useCausalMask": True, "returnAttentionScores": True}, [(2, 4, 4), V4], []),
    ({**HEADS, "returnAttentionScores": True}, [Q3, V4], [None, VALUE_MASK]),
    ({**HEADS, "slidingWindow": 2}, [(2, 4, 4), V4], []),
    ({**HEADS, "slidingWindow": 3, "useCausalMask": True}, [(2, 4, 4), V4], []),
    ({**HEADS, "useGate": True, "valueDim": 2, "returnAttentionScores": True}, [Q3, V4], [None, VALUE_MASK]),
    (HEADS, [(1, 2, 3, 4), (1, 2, 2, 4)], []),
    ({**HEADS, "attentionAxes": [2]}, [(2, 2, 3, 4), (2, 2, 2, 4)], []),
    ({**HEADS, "attentionAxes": [1], "returnAttentionScores": True}, [(2, 3, 2, 4), (2, 4, 2, 4)], []),
]
GROUPS = {"headDim": 3, "numQueryHeads": 4, "numKeyValueHeads": 2}
GROUPED = [
    (GROUPS, [Q3, V4], []),
    ({**GROUPS, "numKeyValueHeads": 1}, [Q3, V4, K4], [None, VALUE_MASK]),
    ({**GROUPS, "useBias": False, "useCausalMask": True}, [(2, 4, 4), V4], []),
    ({**GROUPS, "numKeyValueHeads": 4, "returnAttentionScores": True}, [Q3, V4], [None, VALUE_MASK]),
    ({**GROUPS, "useGate": True}, [Q3, V4], []),
]

A, B = [[True, False, True], [False, True, True]], [[False, False, True], [True, True, False]]
MERGED = [
    *[(f"{name}Layer", {}, [(2, 3, 4)] * 3, masks) for name in ("add", "multiply", "average", "maximum", "minimum") for masks in ([], [A, B, A], [A, None, B])],
    *[("subtractLayer", {}, [(2, 3, 4)] * 2, masks) for masks in ([], [A, B])],
    *[(f"{name}Layer", {}, [(2, 4), (2, 3, 4)], []) for name in ("add", "subtract", "multiply", "maximum")],
    ("addLayer", {}, [(2, 3, 1), (2, 1, 4)], []),
    ("concatenate", {}, [(2, 3, 4), (2, 3, 1)], [A, B]),
    ("concatenate", {"axis": 1}, [(2, 3, 4), (2, 2, 4)], [A, [[True, False], [False, False]]]),
    ("concatenate", {"axis": 1}, [(2, 3, 4), (2, 2, 4)], [None, [[True, False], [False, False]]]),
    ("dotLayer", {"axes": 1}, [(3, 4), (3, 4)], []),
    ("dotLayer", {"axes": -1, "normalize": True}, [(3, 4), (3, 4)], []),
    ("dotLayer", {"axes": [1, 2]}, [(2, 3, 5), (2, 4, 3)], []),
    ("dotLayer", {"axes": [2, 1]}, [(2, 3, 5), (2, 5, 2)], [A, None]),
    ("dotLayer", {"axes": 2, "normalize": True}, [(2, 3, 5), (2, 4, 5)], []),
    ("dotLayer", {"axes": [1, 1]}, [(2, 3), (2, 3, 4)], []),
    ("dotLayer", {"axes": [2, 1]}, [(2, 4, 3), (2, 3)], []),
    ("dotLayer", {"axes": [1, 2]}, [(2, 3, 2, 2), (2, 2, 3, 4)], []),
]

CALL_OPTIONS = ("useCausalMask", "returnAttentionScores")


def listed(outputs):
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def masked(layer, inputs, masks):
    """Arguments of a call, with the inputs' masks where the layer looks for them."""
    known = [None if mask is None else jax.numpy.asarray(mask) for mask in masks]
    for tensor_, mask in zip(inputs, known):
        if mask is not None:
            keras.src.backend.set_keras_mask(tensor_, mask)
    if layer in ("attention", "additiveAttention"):
        return [inputs], {"mask": (known + [None, None])[:2] if any(mask is not None for mask in known) else None}
    if layer in ("multiHeadAttention", "groupQueryAttention"):
        named = {f"{name}_mask": mask for name, mask in zip(("query", "value", "key"), known) if mask is not None}
        return inputs, named
    return [inputs], {}


def case(draw, layer, config, shapes, masks, pairs=None):
    options = keras_config({key: value for key, value in config.items() if key not in CALL_OPTIONS})
    call = keras_config({key: value for key, value in config.items() if key in CALL_OPTIONS})
    made = CLASSES[layer](**options)
    if layer in ("multiHeadAttention", "groupQueryAttention"):
        made.build(*shapes)
    else:
        made.build(list(shapes))
    made.set_weights([draw_weight(draw, weight) for weight in made.weights])
    xs = [draw.array(*shape, scale=0.5) for shape in shapes]
    extra = {} if pairs is None else {"attention_mask": np.array(pairs, "bool")}

    def run(weights, inputs):
        args, named = masked(layer, list(inputs), masks)
        outputs, _ = made.stateless_call(weights, [v.value for v in made.non_trainable_variables], *args, **named, **call, **extra)
        return listed(outputs)

    weights = [weight.value for weight in made.trainable_variables]
    inputs = [jax.numpy.asarray(x) for x in xs]
    outputs = run(weights, inputs)
    dys = [draw.array(*output.shape) for output in outputs]

    def total(weights, inputs):
        return sum(jax.numpy.sum(output * dy) for output, dy in zip(run(weights, inputs), dys))

    dweights, dinputs = jax.grad(total, argnums=(0, 1))(weights, inputs)
    args, named = masked(layer, inputs, masks)
    result = listed(made(*args, **named, **call, **extra))[0]
    mask = keras.src.backend.get_keras_mask(result)
    return {
        "layer": layer,
        "config": config,
        "weights": [{"name": camel(weight.path.split("/", 1)[-1]), **tensor(weight.numpy())} for weight in made.weights],
        "inputs": [tensor(x) for x in xs],
        "masks": [None if mask_ is None else tensor(np.array(mask_, "float32")) for mask_ in masks],
        **({} if pairs is None else {"pairs": tensor(np.array(pairs, "float32"))}),
        "outputs": [tensor(output) for output in outputs],
        "outputMask": None if mask is None else tensor(np.array(mask, "float32")),
        "dys": [tensor(dy) for dy in dys],
        "gradients": {"inputs": [tensor(g) for g in dinputs], "weights": [tensor(g) for g in dweights]},
    }


def cases():
    draw = Lcg()
    for layer, config, shapes, masks in SCORED:
        yield case(draw, layer, config, shapes, masks)
    for config, shapes, masks in MULTI:
        yield case(draw, "multiHeadAttention", config, shapes, masks)
    yield case(draw, "multiHeadAttention", HEADS, [Q3, V4, K4], [], PAIRS)
    yield case(draw, "multiHeadAttention", HEADS, [Q3, V4, K4], [None, VALUE_MASK], PAIRS)
    # Keras broadcasts [batch, heads, steps, values] wrongly with masks of inputs, so without.
    yield case(draw, "multiHeadAttention", HEADS, [Q3, V4, K4], [], [[row, row[::-1]] for row in PAIRS])
    for config, shapes, masks in GROUPED:
        yield case(draw, "groupQueryAttention", config, shapes, masks)
    for layer, config, shapes, masks in MERGED:
        yield case(draw, layer, config, shapes, masks)

"""Recurrent layers forward and backward: every output, gradients of sum over outputs of sum(output * dy) with respect to x, initial states and weights.

Masks are 1 and 0, padded on the left, on the right, inside, and whole samples. A stateful layer is called twice on the same x; outputs and gradients are
those of the second call. Weights are listed in Keras's order, under Keras's names in camelCase.
"""

import jax
import keras
import numpy as np

from golden.common import Lcg, keras_config, tensor
from golden.layers import camel

LAYERS = {
    "simpleRnn": keras.layers.SimpleRNN,
    "gru": keras.layers.GRU,
    "lstm": keras.layers.LSTM,
}
CELLS = {
    "simpleRnnCell": keras.layers.SimpleRNNCell,
    "gruCell": keras.layers.GRUCell,
    "lstmCell": keras.layers.LSTMCell,
}
INNER = {"dense": keras.layers.Dense, "conv1d": keras.layers.Conv1D, "layerNormalization": keras.layers.LayerNormalization}

MASKS = {
    "left": [[0, 0, 1, 1], [0, 1, 1, 1], [1, 1, 1, 1]],
    "right": [[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]],
    "interior": [[1, 0, 1, 1], [0, 1, 0, 1], [1, 0, 0, 1]],
    "whole": [[0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 0]],
}
SEQUENCES = {"returnSequences": True}
ALL = {"returnSequences": True, "returnState": True}
BACK = {"returnSequences": True, "goBackwards": True}

# (config, mask, whether initial states are given): for each kind of layer
COMMON = [
    ({}, None, False),
    (SEQUENCES, None, False),
    ({"returnState": True}, None, True),
    (ALL, None, True),
    ({"useBias": False, **SEQUENCES}, None, False),
    ({"goBackwards": True}, None, False),
    ({**ALL, "goBackwards": True}, None, True),
    *[(ALL, mask, False) for mask in MASKS],
    *[({"goBackwards": True, **ALL}, mask, True) for mask in ("left", "right")],
    ({"returnState": True}, "right", True),
    ({"zeroOutputForMask": True, **SEQUENCES}, "interior", False),
    ({"zeroOutputForMask": True}, "right", False),
    ({"stateful": True, **ALL}, None, False),
    ({"stateful": True}, "right", False),
]
OWN = {
    "simpleRnn": [({"activation": "relu", **SEQUENCES}, None, False), ({"activation": "linear"}, "left", False)],
    "gru": [
        *[({"resetAfter": False, **config}, mask, state) for config, mask, state in COMMON[:5] + COMMON[7:10]],
        ({"activation": "relu", "recurrentActivation": "hardSigmoid"}, None, False),
    ],
    "lstm": [({"activation": "softsign", "recurrentActivation": "hardSigmoid", **SEQUENCES}, None, True)],
}
# (layer, its config, config of the wrapper, mask, whether initial states are given)
BIDIRECTIONAL = [
    *[("lstm", SEQUENCES, {"mergeMode": mode}, None, False) for mode in ("concat", "sum", "mul", "ave", None)],
    ("lstm", {}, {}, None, False),
    ("lstm", ALL, {}, None, True),
    ("gru", {"returnState": True}, {"mergeMode": None}, None, True),
    ("simpleRnn", {}, {"mergeMode": "sum"}, "right", False),
    *[("gru", SEQUENCES, {}, mask, False) for mask in MASKS],
    ("lstm", SEQUENCES, {"mergeMode": "sum"}, "interior", False),
    ("gru", {"resetAfter": False, **SEQUENCES}, {"mergeMode": "ave"}, "left", False),
]
# (cells with their configs, config of the layer, mask, whether initial states are given)
STACKED = [
    ([("lstmCell", {"units": 2}), ("gruCell", {"units": 3})], SEQUENCES, None, False),
    ([("gruCell", {"units": 2}), ("simpleRnnCell", {"units": 3}), ("lstmCell", {"units": 2})], {}, None, False),
    ([("lstmCell", {"units": 2}), ("lstmCell", {"units": 2})], SEQUENCES, "right", False),
    ([("simpleRnnCell", {"units": 2}), ("gruCell", {"units": 3})], {"goBackwards": True}, "left", False),
    ([("gruCell", {"units": 2, "resetAfter": False})], ALL, "interior", True),
]
# (layer, its config, input shape)
DISTRIBUTED = [
    ("dense", {"units": 3, "activation": "tanh"}, (2, 4, 3)),
    ("conv1d", {"filters": 2, "kernelSize": 2}, (2, 3, 4, 2)),
    ("layerNormalization", {}, (2, 3, 4)),
]


def kept(config):
    """Without what Keras takes no argument for: camelCase names, activations by Keras's names."""
    named = keras_config(config)
    return {key: value.replace("hardSigmoid", "hard_sigmoid") if isinstance(value, str) else value for key, value in named.items()}


def as_list(outputs):
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def weight_name(variable):
    return camel(variable.path.split("/")[-1])


def case(draw, made, described, shape, mask=None, states=(), stateful=False):
    x = draw.array(*shape, scale=0.5, offset=1 / 128)
    given = [draw.array(*state, scale=0.5) for state in states]
    mask = None if mask is None else np.array(MASKS[mask], "float32")
    call = lambda inputs, initial: as_list(  # noqa: E731
        made(
            inputs,
            **({} if mask is None else {"mask": jax.numpy.asarray(mask.astype(bool))}),
            **({} if not initial else {"initial_state": initial}),
        )
    )
    made.build(shape)
    weights = [weight for weight in made.trainable_variables]
    for weight in weights:
        weight.assign(draw.array(*weight.shape, scale=0.5))
    if stateful:
        call(x, [])
    start = [weight.value for weight in made.non_trainable_variables]
    before = [state.numpy() for state in made.states] if stateful else []
    outputs = call(x, given)
    dys = [draw.array(*output.shape) for output in outputs]

    def total(trainable, inputs, initial):
        scope = [(weight, value) for weight, value in zip(weights, trainable)] + list(zip(made.non_trainable_variables, start))
        if stateful:
            scope += [(state, jax.numpy.asarray(value)) for state, value in zip(made.states, before)]
        with keras.StatelessScope(state_mapping=scope):
            results = call(inputs, initial)
        return sum(jax.numpy.sum(result * dy) for result, dy in zip(results, dys))

    dw, dx, ds = jax.grad(total, argnums=(0, 1, 2))([weight.value for weight in weights], x, given)
    return {
        **described,
        **({} if mask is None else {"mask": tensor(mask)}),
        "weights": [{"name": weight_name(weight), **tensor(weight.numpy())} for weight in weights],
        "x": tensor(x),
        "states": [tensor(state) for state in given],
        "outputs": [tensor(output) for output in outputs],
        "dys": [tensor(dy) for dy in dys],
        "gradients": {"x": tensor(dx), "states": [tensor(d) for d in ds], "weights": [tensor(d) for d in dw]},
    }


def recurrent(layer, config, units):
    """GRU and its kin take no zero_output_for_mask, which is their RNN's."""
    made = LAYERS[layer](units, **kept({key: value for key, value in config.items() if key != "zeroOutputForMask"}))
    if "zeroOutputForMask" in config:
        made.zero_output_for_mask = config["zeroOutputForMask"]
    return made


def cases():
    draw = Lcg()
    shape, units = (3, 4, 2), 3
    sizes = {"simpleRnn": 1, "gru": 1, "lstm": 2}
    for layer in LAYERS:
        for config, mask, with_states in COMMON + OWN[layer]:
            states = [(3, units)] * (sizes[layer] if with_states else 0)
            described = {"layer": layer, "config": {"units": units, **config}}
            yield case(draw, recurrent(layer, config, units), described, shape, mask, states, config.get("stateful", False))
    for layer, config, options, mask, with_states in BIDIRECTIONAL:
        inner = recurrent(layer, config, units)
        made = keras.layers.Bidirectional(inner, **kept(options))
        states = [(3, units)] * (2 * sizes[layer] if with_states else 0)
        described = {"layer": "bidirectional", "config": {"layer": {"kind": layer, "config": {"units": units, **config}}, **options}}
        yield case(draw, made, described, shape, mask, states)
    for cells, config, mask, with_states in STACKED:
        made = keras.layers.RNN([CELLS[kind](**kept(options)) for kind, options in cells], **kept(config))
        described = {"layer": "rnn", "config": {"cell": [{"kind": kind, "config": options} for kind, options in cells], **config}}
        if len(cells) == 1:
            made = keras.layers.RNN(CELLS[cells[0][0]](**kept(cells[0][1])), **kept(config))
        yield case(draw, made, described, shape, mask, [(3, 2)] if with_states else ())
    for layer, config, inputs in DISTRIBUTED:
        made = keras.layers.TimeDistributed(INNER[layer](**kept(config)))
        described = {"layer": "timeDistributed", "config": {"layer": {"kind": layer, "config": config}}}
        yield case(draw, made, described, inputs)

"""Every penalty: value and gradient with respect to the weights."""

import jax
import keras

from golden.common import Lcg, keras_config, tensor, value

CLASSES = {
    "l1": keras.regularizers.L1,
    "l2": keras.regularizers.L2,
    "l1l2": keras.regularizers.L1L2,
    "orthogonal": keras.regularizers.OrthogonalRegularizer,
}
SHAPES = [(5,), (4, 3), (2, 2, 3, 2)]
ANY_RANK = [
    ("l1", {}),
    ("l1", {"l1": 0.5}),
    ("l2", {}),
    ("l2", {"l2": 0.5}),
    ("l1l2", {}),
    ("l1l2", {"l1": 0.5, "l2": 0.25}),
    ("l1l2", {"l2": 0.25}),
]
MATRICES = [(4, 3), (3, 5), (2, 2)]
ORTHOGONAL = [{}, {"mode": "columns"}, {"factor": 0.5, "mode": "columns"}, {"factor": 0.5}]


def case(regularizer, config, w):
    penalty = CLASSES[regularizer](**keras_config(config))
    result, gradient = jax.value_and_grad(lambda weights: keras.ops.convert_to_tensor(penalty(weights)))(jax.numpy.asarray(w))
    return {"regularizer": regularizer, "config": config, "w": tensor(w), "value": value(result), "gradient": tensor(gradient)}


def cases():
    draw = Lcg()
    for shape in SHAPES:
        for regularizer, config in ANY_RANK:
            yield case(regularizer, config, draw.array(*shape, offset=1 / 128))
    for shape in MATRICES:
        for config in ORTHOGONAL:
            yield case("orthogonal", config, draw.array(*shape, offset=1 / 128))

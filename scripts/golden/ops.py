"""Ops that code for one's own loops calls: results, dtypes, and gradients of sum(output * dy) by each float32 input.

`args` follow the inputs in aretejs's order. Gradients are left out where JAX's is a convention: at ties and at kinks.
"""

import jax
import jax.numpy as jnp
import numpy as np
from keras import ops

from golden.common import Lcg, flat


def tensor(array):
    array = np.asarray(array)
    whole = array.dtype.kind in "iub"
    return {"shape": list(array.shape), "data": flat(array), "dtype": "int32" if whole else "float32"}


def case(op, f, *inputs, args=(), gradient=True):
    """f takes the inputs and gives an array or a list of arrays."""
    listed = lambda *x: (lambda y: list(y) if isinstance(y, (list, tuple)) else [y])(f(*x))
    inputs = [np.asarray(x, "int32" if np.asarray(x).dtype.kind in "iu" else "float32") for x in inputs]
    outputs = listed(*map(jnp.asarray, inputs))
    result = {"op": op, "args": list(args), "inputs": [tensor(x) for x in inputs]}
    result["outputs"] = [tensor(y) for y in outputs]
    floats = [i for i, x in enumerate(inputs) if x.dtype == np.float32]
    if not gradient or not floats or any(y.dtype != np.float32 for y in outputs[:1]):
        return result
    dy = Lcg(7).array(*outputs[0].shape)

    def loss(*given):
        full = list(map(jnp.asarray, inputs))
        for i, x in zip(floats, given):
            full[i] = x
        return jnp.sum(listed(*full)[0] * dy)

    gradients = jax.grad(loss, argnums=tuple(range(len(floats))))(*(jnp.asarray(inputs[i]) for i in floats))
    return {**result, "dy": flat(dy), "gradients": [tensor(g) for g in gradients]}


def distinct(*shape):
    """Numbers that all differ, in no order."""
    size = int(np.prod(shape))
    return ((np.arange(size) * 37 % 101 - 50) / 16).astype("float32").reshape(shape)


def elementwise(draw):
    angles = np.concatenate([draw.array(12), [-10.0, 10.0, 1e-3, -1e-4]]).astype("float32")
    units = np.concatenate([draw.array(12, scale=0.49), [1e-3, -1e-4, 0.0, 0.5, -0.96875]]).astype("float32")
    for name, x in {"tan": angles, "sinh": angles, "cosh": angles, "atan": angles * 4}.items():
        yield case(name, getattr(ops, name.replace("atan", "arctan")), x)
    for name in ("asin", "acos", "atanh"):
        yield case(name, getattr(ops, name.replace("a", "arc", 1)), units)
    ends = [-1.0, 1.0, 2.0, float("inf"), float("-inf"), float("nan")]
    for name in ("asin", "acos", "atan", "atanh", "sinh", "cosh"):
        keras_name = name.replace("a", "arc", 1) if name[0] == "a" else name
        yield case(name, getattr(ops, keras_name), ends, gradient=False)
    y, x = draw.array(20), draw.array(20)
    yield case("atan2", ops.arctan2, y, np.where(x == 0, 0.5, x))
    signs = [0.0, -0.0, 1.0, -1.0, float("inf"), float("-inf")]
    grid = np.meshgrid(signs, signs)
    yield case("atan2", ops.arctan2, grid[0].ravel(), grid[1].ravel(), gradient=False)
    for b in (0.3, -0.7, 1.5, -2.0):
        yield case("mod", ops.mod, draw.array(16, offset=0.013), np.float32(b))
    yield case("mod", ops.mod, [1.0, 7.0, -7.0, 5.0, 0.0, -3.5], np.float32([0.1, 3, 3, -3, 2, float("inf")]), gradient=False)
    yield case("squaredDifference", lambda a, b: ops.square(a - b), draw.array(3, 4), draw.array(4))
    zeros = np.array([[0, 1, 0, -2], [0, 0, 0.5, 0], [3, 1, 2, 4]], "float32")
    for name, f in {"logicalAnd": ops.logical_and, "logicalOr": ops.logical_or, "logicalXor": ops.logical_xor}.items():
        yield case(name, lambda a, b, f=f: ops.cast(f(a, b), "float32"), zeros, zeros[::-1], gradient=False)
    for name, f in {"any": ops.any, "all": ops.all}.items():
        for axis in (None, 0, 1):
            yield case(name, lambda x: ops.cast(f(x, axis), "float32"), zeros, args=[axis], gradient=False)


def arranging(draw):
    x = draw.array(4, 6)
    whole = np.arange(12).reshape(3, 4)
    for sections, axis in ((2, 0), (3, 1), ([1, 3], 0), ([2, 2, 5], -1)):
        yield case("split", lambda v: ops.split(v, sections, axis), x, args=[sections, axis])
    yield case("split", lambda v: ops.split(v, 2, 1), whole, args=[2, 1])
    yield case("unstack", lambda v: ops.unstack(v, axis=1), x, args=[1])
    for counts in (2, [2, 3], [2, 1, 2], [1, 2]):
        yield case("tile", lambda v: ops.tile(v, counts), x, args=[counts])
    yield case("tile", lambda v: ops.tile(v, [2, 2]), whole, args=[[2, 2]])
    for counts, axis in ((2, None), (3, 0), (2, 1), ([1, 0, 2, 3], 0)):
        yield case("repeat", lambda v: ops.repeat(v, np.array(counts), axis), x, args=[counts, axis])
    yield case("repeat", lambda v: ops.repeat(v, 2, 1), whole, args=[2, 1])
    for pads in ([[1, 2], [0, 3]], [[5, 0], [2, 13]]):
        for fill in ("reflect", "symmetric"):
            yield case("pad", lambda v: ops.pad(v, pads, mode=fill), x, args=[pads, fill])
    yield case("pad", lambda v: ops.pad(v, [[0, 1], [2, 2]], constant_values=0.5), x, args=[[[0, 1], [2, 2]], 0.5])
    for axis in (None, 0, -1, [0, 1]):
        keras_axis = tuple(axis) if isinstance(axis, list) else axis
        yield case("flip", lambda v: ops.flip(v, keras_axis), x, args=[axis])
    yield case("flip", lambda v: ops.flip(v, 1), whole, args=[1])
    for shift, axis in ((1, None), (-2, 0), (8, 1), ([1, -2], [0, 1])):
        pair = isinstance(shift, list)
        yield case("roll", lambda v: ops.roll(v, tuple(shift) if pair else shift, tuple(axis) if pair else axis), x, args=[shift, axis])
    for k in (0, 1, -2):
        yield case("triu", lambda v: ops.triu(v, k), draw.array(2, 3, 4), args=[k])
        yield case("tril", lambda v: ops.tril(v, k), draw.array(2, 3, 4), args=[k])
    yield case("triu", lambda v: ops.triu(v, 0), whole, args=[0])
    for indexing in ("xy", "ij"):
        for vectors in ([draw.array(3)], [draw.array(3), draw.array(2)], [draw.array(2), draw.array(3), draw.array(4)]):
            yield case("meshgrid", lambda *v: ops.meshgrid(*v, indexing=indexing), *vectors, args=[indexing])
    for rows, columns, k in ((3, 3, 0), (3, 4, 1), (4, 2, -1)):
        yield case("eye", lambda: ops.eye(rows, columns, k), args=[rows, columns, k])
    for start, stop, count, endpoint in ((0, 1, 5, True), (-1, 2, 7, False), (3, 3, 2, True), (0, 5, 1, True), (0.1, 0.7, 50, True)):
        yield case("linspace", lambda: ops.linspace(start, stop, count, endpoint), args=[start, stop, count, endpoint])
    for start, stop, step in ((0, 5, 1), (2, -3, -2), (0.5, 2, 0.25), (3, 1, 1)):
        yield case("arange", lambda: ops.arange(start, stop, step), args=[start, stop, step])


def sums_and_products(draw):
    x = draw.array(3, 4, scale=3)
    for axis in (None, 0, -1, [0, 1]):
        keras_axis = tuple(axis) if isinstance(axis, list) else axis
        yield case("logSumExp", lambda v: ops.logsumexp(v, keras_axis), x, args=[axis])
        yield case("std", lambda v: ops.std(v, keras_axis), x, args=[axis])
    big = [[1000.0, 1001.0], [-1000.0, -1001.0], [float("-inf"), 2.0], [float("inf"), 1.0], [float("-inf")] * 2]
    yield case("logSumExp", lambda v: ops.logsumexp(v, 1), big, args=[1], gradient=False)
    factors = draw.array(3, 5)
    factors[0, 2] = factors[1, 1] = factors[1, 3] = 0
    for axis in (0, 1):
        yield case("cumprod", lambda v: ops.cumprod(v, axis), factors, args=[axis])
    for equation, *shapes in (
        ("ij->ji", (2, 3)),
        ("ijk->j", (2, 3, 4)),
        ("ba", (2, 3)),
        ("ij,jk->ik", (2, 3), (3, 4)),
        ("ij,jk", (2, 3), (3, 4)),
        ("bij,bkj->bik", (2, 3, 4), (2, 5, 4)),
        ("bqhd,bkhd->bhqk", (2, 3, 2, 4), (2, 5, 2, 4)),
        ("bhqk,bkhd->bqhd", (2, 2, 3, 5), (2, 5, 2, 4)),
        ("i,j->ij", (3,), (4,)),
        ("i,i->", (3,), (3,)),
        ("ij,ij->i", (2, 3), (2, 3)),
        ("ijk,l->jl", (2, 3, 4), (5,)),
    ):
        yield case("einsum", lambda *v: ops.einsum(equation, *v), *(draw.array(*s) for s in shapes), args=[equation])
    for a, b in (((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((2, 2, 3), (2, 3, 2)), ((), (2, 3))):
        yield case("dot", ops.dot, draw.array(*a), draw.array(*b))
    yield case("outer", ops.outer, draw.array(3), draw.array(4))
    yield case("outer", ops.outer, draw.array(2, 2), draw.array(3))


def sorting(draw):
    for shape, axis in (((7,), -1), ((3, 8), 1), ((5, 4), 0), ((2, 9, 2), 1), ((2, 1), -1)):
        yield case("sort", lambda v: ops.sort(v, axis), distinct(*shape), args=[axis])
        yield case("argsort", lambda v: ops.argsort(v, axis), distinct(*shape), args=[axis])
    ties = np.array([2, 1, 2, 0, 1, 2, 1, 0, 0, 2, 2], "float32")
    odd = np.array([3, float("nan"), -1, float("inf"), float("-inf"), 0, float("nan"), float("inf"), 2], "float32")
    for x in (ties, odd):
        yield case("sort", lambda v: ops.sort(v, -1), x, args=[-1], gradient=False)
        yield case("argsort", lambda v: ops.argsort(v, -1), x, args=[-1])
    yield case("sort", lambda v: ops.sort(v, 0), np.array([[3, 1], [2, 5], [9, -4]]), args=[0])
    for shape, k in (((6,), 3), ((3, 10), 1), ((2, 5), 5)):
        yield case("topK", lambda v: ops.top_k(v, k), distinct(*shape), args=[k])
    yield case("topK", lambda v: ops.top_k(v, 4), ties, args=[4], gradient=False)
    x = draw.array(3, 4)
    for axis, shape in ((1, (3, 2)), (0, (5, 4))):
        index = draw.labels(*shape, classes=x.shape[axis])
        yield case("takeAlongAxis", lambda v, i: ops.take_along_axis(v, i, axis), x, index, args=[axis])


def cases():
    draw = Lcg()
    for family in (elementwise, arranging, sums_and_products, sorting):
        yield from family(draw)

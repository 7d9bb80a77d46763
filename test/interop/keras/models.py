"""Models for the matrix: each layer that both have at least once; graphs, sharing, nesting, masks, wrappers.

Each entry: name -> function that gives (model, inputs, targets); compiled by `make.py`.
"""

import inspect

import keras
import numpy as np
from keras import layers as L

random = np.random.default_rng(11)


def f(*shape):
    return random.normal(size=shape).astype("float32")


def ints(high, *shape):
    return random.integers(0, high, size=shape).astype("int32")


def chain(shape, *layers, y=None, dtype="float32", x=None):
    model = keras.Sequential([keras.Input(shape, dtype=dtype), *layers])
    x = f(6, *shape) if x is None else x
    return model, x, f(*model(x).shape) if y is None else y


def dense_variants():
    return chain(
        (4,),
        L.Dense(5, "elu", kernel_initializer="he_normal", kernel_regularizer="l2", bias_constraint="max_norm"),
        L.Dense(4, "leaky_relu", kernel_initializer=keras.initializers.RandomUniform(-0.2, 0.2, seed=3)),
        L.Dense(4, "gelu", kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02), use_bias=False),
        L.Dense(4, "hard_sigmoid", kernel_regularizer=keras.regularizers.OrthogonalRegularizer(0.1)),
        L.Dense(3, "log_softmax", kernel_constraint=keras.constraints.MinMaxNorm(0.1, 0.9, 0.7), activity_regularizer=keras.regularizers.L1(0.01)),
        L.Dense(3, "softplus", kernel_constraint="unit_norm", kernel_initializer=keras.initializers.VarianceScaling(0.5, "fan_avg", "uniform", seed=1)),
        L.Dense(3, kernel_constraint="non_neg", kernel_initializer="orthogonal", bias_initializer=keras.initializers.Constant(0.3)),
    )


def activations():
    names = "relu6 silu mish squareplus sparse_plus softsign sigmoid log_sigmoid tanh exponential hard_silu hard_tanh sparse_sigmoid tanh_shrink hard_shrink soft_shrink celu selu softmax linear".split()
    return chain((6,), *[layer for name in names for layer in (L.Activation(name), L.Rescaling(0.9, offset=0.05))], L.Dense(2))


def activation_layers():
    return chain((5,), L.Dense(6), L.ReLU(max_value=4.0, negative_slope=0.1, threshold=0.1), L.LeakyReLU(0.2), L.ELU(0.7), L.PReLU(), L.Softmax(), L.Identity(), L.Dense(2))


def cnn():
    return chain(
        (8, 8, 2),
        L.Conv2D(4, 3, padding="same", activation="relu"),
        L.BatchNormalization(),
        L.MaxPooling2D(2),
        L.Conv2D(4, (1, 2), strides=(1, 2), dilation_rate=1, groups=2),
        L.SpatialDropout2D(0.0),
        L.AveragePooling2D((2, 1)),
        L.Flatten(),
        L.Dense(3, "softmax"),
    )


def convolutions_2d():
    return chain(
        (7, 7, 3),
        L.ZeroPadding2D(((1, 0), (2, 1))),
        L.SeparableConv2D(4, 3, depth_multiplier=2),
        L.DepthwiseConv2D(3, padding="same", depth_multiplier=2),
        L.Conv2DTranspose(3, 3, strides=2, padding="same", output_padding=1),
        L.Cropping2D(((1, 1), (0, 2))),
        L.UpSampling2D((1, 2), interpolation="bilinear"),
        L.AdaptiveAveragePooling2D((3, 2)),
        L.AdaptiveMaxPooling2D(2),
        L.GlobalAveragePooling2D(keepdims=True),
        L.Reshape((-1,)),
    )


def convolutions_1d():
    return chain(
        (12, 3),
        L.Conv1D(4, 3, padding="causal", dilation_rate=2),
        L.ZeroPadding1D((1, 2)),
        L.Cropping1D(1),
        L.SeparableConv1D(5, 3),
        L.DepthwiseConv1D(2),
        L.Conv1DTranspose(4, 2, strides=2),
        L.MaxPooling1D(2),
        L.AveragePooling1D(2, strides=1, padding="same"),
        L.UpSampling1D(2),
        L.AdaptiveAveragePooling1D(5),
        L.AdaptiveMaxPooling1D(3),
        L.SpatialDropout1D(0.0),
        L.GlobalMaxPooling1D(),
    )


def convolutions_3d():
    return chain(
        (6, 6, 6, 1),
        L.Conv3D(2, 3),
        L.MaxPooling3D(2),
        L.Conv3DTranspose(2, 2),
        L.ZeroPadding3D(1),
        L.Cropping3D(1),
        L.UpSampling3D(2),
        L.AveragePooling3D(2),
        L.AdaptiveAveragePooling3D(2),
        L.AdaptiveMaxPooling3D(2),
        L.SpatialDropout3D(0.0),
        L.GlobalAveragePooling3D(),
    )


def pooling_ends():
    i = keras.Input((5, 5, 2))
    j = keras.Input((5, 2))
    k = keras.Input((4, 4, 4, 2))
    parts = [L.GlobalMaxPooling2D()(i), L.GlobalAveragePooling1D()(j), L.GlobalMaxPooling3D()(k)]
    model = keras.Model([i, j, k], L.Dense(3)(L.Concatenate()(parts)))
    return model, [f(4, 5, 5, 2), f(4, 5, 2), f(4, 4, 4, 4, 2)], f(4, 3)


def normalizations():
    return chain(
        (4, 6),
        L.BatchNormalization(momentum=0.8, epsilon=0.01, center=True),
        L.LayerNormalization(epsilon=1e-4),
        L.GroupNormalization(3),
        L.RMSNormalization(),
        L.UnitNormalization(),
        L.BatchNormalization(scale=False, trainable=False),
        L.BatchNormalization(renorm=True),
        L.Dense(2),
    )


def noise():
    return chain(
        (5,), L.Dense(4), L.Dropout(0.0, seed=4), L.GaussianNoise(0.0), L.GaussianDropout(0.0), L.AlphaDropout(0.0),
        L.ActivityRegularization(0.01, 0.02), L.Dense(2),
    )


def shapes():
    return chain((3, 4), L.Permute((2, 1)), L.Reshape((6, 2)), L.Flatten(), L.Dense(3), L.RepeatVector(4), L.Dense(2))


def merges():
    a, b = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    x, y = L.Dense(4)(a), L.Dense(4)(b)
    parts = [L.Add()([x, y]), L.Subtract()([x, y]), L.Multiply()([x, y]), L.Average()([x, y, a]), L.Maximum()([x, y]), L.Minimum()([x, b])]
    dot = L.Dot(1, normalize=True)([x, y])
    model = keras.Model([a, b], L.Dense(2)(L.Concatenate()([*parts, dot])))
    return model, [f(6, 4), f(6, 4)], f(6, 2)


def several_outputs():
    a = keras.Input((5,), name="in_a")
    x = L.Dense(4, "tanh", name="trunk")(a)
    outputs = [L.Dense(2, name="first")(x), L.Dense(1, "sigmoid", name="second")(x)]
    model = keras.Model(a, outputs)
    return model, f(8, 5), [f(8, 2), ints(2, 8, 1)]


def shared():
    a, b = keras.Input((3,)), keras.Input((3,))
    layer, again = L.Dense(4, "relu"), L.Dense(4)
    x = L.Concatenate()([layer(a), layer(b), again(layer(a))])
    return keras.Model([a, b], L.Dense(2)(x)), [f(6, 3), f(6, 3)], f(6, 2)


def nested():
    inner = keras.Sequential([keras.Input((4,)), L.Dense(4, "relu"), L.BatchNormalization(), L.Dense(4)], name="body")
    i, j = keras.Input((4,)), keras.Input((4,))
    pair = keras.Model([i, j], [L.Add()([L.Dense(3)(i), L.Dense(3)(j)]), L.Dense(2)(i)], name="pair")
    a = keras.Input((4,))
    x = inner(inner(a))
    y, z = pair([x, a])
    deep = keras.Sequential([keras.Input((3,)), keras.Sequential([keras.Input((3,)), L.Dense(2)]), L.Dense(2)])
    return keras.Model(a, L.Concatenate()([deep(y), z])), f(6, 4), f(6, 4)


def frozen():
    body = keras.Sequential([keras.Input((4,)), L.Dense(5, "relu"), L.BatchNormalization()], name="body")
    body.trainable = False
    a = keras.Input((4,))
    x = L.Dense(4, trainable=False)(body(a))
    return keras.Model(a, L.Dense(2)(L.Dense(3)(x))), f(6, 4), f(6, 2)


def lstm():
    return chain((5, 3), L.LSTM(4, return_sequences=True), L.LSTM(3, go_backwards=True, unit_forget_bias=False), L.Dense(2))


def gru():
    return chain((5, 3), L.GRU(4, return_sequences=True), L.GRU(3, reset_after=False, return_sequences=True), L.SimpleRNN(3, activation="relu"), L.Dense(2))


def recurrent_wrappers():
    return chain(
        (5, 3),
        L.Bidirectional(L.LSTM(3, return_sequences=True)),
        L.Bidirectional(L.GRU(2, return_sequences=True), merge_mode="sum"),
        L.TimeDistributed(L.Dense(4, "tanh")),
        L.Bidirectional(L.SimpleRNN(2), merge_mode="ave", backward_layer=L.SimpleRNN(2, activation="relu", go_backwards=True)),
    )


def cells():
    return chain(
        (5, 3),
        L.RNN(L.LSTMCell(3), return_sequences=True),
        L.RNN([L.GRUCell(3), L.SimpleRNNCell(2)], return_sequences=True),
        L.RNN(L.GRUCell(2), go_backwards=True),
        L.Dense(2),
    )


def encoder_decoder():
    a, b = keras.Input((4, 3)), keras.Input((6, 3))
    _, h, c = L.LSTM(4, return_state=True)(a)
    y = L.LSTM(4, return_sequences=True)(b, initial_state=[h, c])
    z, *_ = L.Bidirectional(L.GRU(2, return_state=True))(y)
    return keras.Model([a, b], L.Dense(2)(z)), [f(5, 4, 3), f(5, 6, 3)], f(5, 2)


def time_distributed_cnn():
    inner = keras.Sequential([keras.Input((4, 4, 1)), L.Conv2D(2, 3), L.Flatten()])
    return chain((3, 4, 4, 1), L.TimeDistributed(inner), L.LSTM(2))


def masked():
    i = keras.Input((6,), dtype="int32")
    x = L.Embedding(8, 4, mask_zero=True)(i)
    x = L.LSTM(4, return_sequences=True)(x)
    x = L.Dropout(0.0)(x)
    x = L.Bidirectional(L.GRU(3))(x)
    tokens = ints(8, 6, 6)
    tokens[:, 4:] = 0
    tokens[:, 0] = 3
    return keras.Model(i, L.Dense(2)(x)), tokens, f(6, 2)


def masking_layer():
    x = f(5, 6, 3)
    x[:, 4:] = 0
    return chain((6, 3), L.Masking(), L.LSTM(3, return_sequences=True), L.TimeDistributed(L.Dense(3)), L.GRU(2), x=x)


def embeddings():
    return chain((5,), L.Embedding(9, 3, embeddings_regularizer="l2", embeddings_constraint="unit_norm"), L.GlobalAveragePooling1D(), L.Dense(2), dtype="int32", x=ints(9, 6, 5))


def attention():
    q, v = keras.Input((4, 6)), keras.Input((5, 6))
    a = L.Attention(use_scale=True)([q, v])
    b = L.Attention(score_mode="concat")([q, v])
    c = L.AdditiveAttention()([q, v])
    d = L.Attention()([q, q], use_causal_mask=True)
    return keras.Model([q, v], L.Concatenate()([a, b, c, d])), [f(3, 4, 6), f(3, 5, 6)], f(3, 4, 24)


def multi_head():
    i = keras.Input((5, 6))
    x = L.MultiHeadAttention(2, 3)(i, i, use_causal_mask=True)
    x = L.LayerNormalization()(L.Add()([x, i]))
    y, scores = L.MultiHeadAttention(3, 2, value_dim=4, output_shape=5, use_gate=True)(x, i, i, return_attention_scores=True)
    z = L.GroupQueryAttention(3, 4, 2)(x, x)
    pooled = L.GlobalAveragePooling1D()(L.Concatenate()([y, z]))
    return keras.Model(i, [L.Dense(2)(pooled), scores]), f(3, 5, 6), [f(3, 2), f(3, 3, 5, 5)]


def transformer():
    i = keras.Input((6,), dtype="int32")
    x = L.Embedding(10, 8)(i)
    for _ in range(2):
        y = L.MultiHeadAttention(2, 4)(x, x)
        x = L.LayerNormalization()(x + y)
        y = L.Dense(8)(L.Dense(16, "gelu")(x))
        x = L.LayerNormalization()(x + y)
    return keras.Model(i, L.Dense(3, "softmax")(L.GlobalAveragePooling1D()(x))), ints(10, 4, 6), f(4, 3)


def preprocessing():
    normalization = L.Normalization()
    normalization.adapt(3 + 2 * f(50, 4))
    known = L.Normalization(mean=[1.0, 2.0, 0.0, 1.0], variance=[1.0, 4.0, 2.0, 1.0], axis=-1)
    return chain((4,), normalization, known, L.Normalization(mean=0.5, variance=2.0, invert=True, axis=None), L.Dense(2))


def encodings():
    i = keras.Input((1,), dtype="int32")
    j = keras.Input((1,))
    a = L.CategoryEncoding(5, output_mode="one_hot")(i)
    b = L.Discretization([-0.5, 0.5], output_mode="multi_hot")(j)
    return keras.Model([i, j], L.Dense(2)(L.Concatenate()([a, b]))), [ints(5, 6, 1), f(6, 1)], f(6, 2)


def images():
    return chain(
        (9, 9, 3), L.Rescaling(1 / 2, offset=[0.1, 0.2, 0.3]), L.Resizing(8, 7, interpolation="nearest"), L.CenterCrop(6, 6), L.Resizing(5, 5),
        L.Conv2D(2, 3), L.GlobalAveragePooling2D(), x=f(3, 9, 9, 3),
    )


def random_images():
    # Random in training, so only predictions are compared. Without RandomCrop, which Keras 3.15.1 leaves out of inference.
    return chain(
        (6, 6, 3), L.RandomFlip(), L.RandomRotation(0.1), L.RandomZoom((-0.1, 0.2)), L.RandomTranslation(0.1, (-0.2, 0.1), fill_mode="constant"),
        L.RandomContrast(0.2), L.RandomBrightness((-0.1, 0.1), value_range=(-9, 9)), L.Conv2D(2, 3), L.GlobalAveragePooling2D(),
        x=f(3, 6, 6, 3),
    )


def spectral():
    return chain((4,), L.SpectralNormalization(L.Dense(4, "relu"), power_iterations=2), L.Dense(2))


def residual():
    i = keras.Input((6, 6, 2))
    x = i
    for filters in (4, 4, 6):
        y = L.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        y = L.BatchNormalization()(y)
        y = L.ReLU(6.0)(y)
        y = L.DepthwiseConv2D(3, padding="same", use_bias=False)(y)
        x = L.Add()([y, x]) if x.shape[-1] == filters else y
    return keras.Model(i, L.Dense(2)(L.GlobalAveragePooling2D()(x))), f(4, 6, 6, 2), f(4, 2)


def operations():
    i, j = keras.Input((4,)), keras.Input((4,))
    x = keras.activations.relu(L.Dense(4)(i * 2.0 + 1.0) - j) / 3.0
    return keras.Model([i, j], L.Dense(2)(1.0 - x * j)), [f(5, 4), f(5, 4)], f(5, 2)


def dictionary_inputs():
    inputs = {"b": keras.Input((3,), name="b"), "a": keras.Input((2,), name="a")}
    x = L.Concatenate()([L.Dense(2)(inputs["a"]), inputs["b"]])
    return keras.Model(inputs, L.Dense(2)(x)), {"a": f(5, 2), "b": f(5, 3)}, f(5, 2)


def unnamed_depth():
    # Branches of unequal length, so that the order of layers is not the order in which they were made.
    i = keras.Input((3,))
    late = L.Dense(3, "tanh")
    a = L.Dense(3)(i)
    b = late(L.Dense(3)(L.Dense(3)(a)))
    c = L.Dense(3)(i)
    return keras.Model(i, L.Dense(2)(L.Add()([b, c, a]))), f(5, 3), f(5, 2)


class ScaleBy(L.Layer):
    """A layer of a user's, with an option and a weight; matrix.ts has the same."""

    def __init__(self, by=1.0, **options):
        super().__init__(**options)
        self.by = by

    def build(self, shape):
        self.gain = self.add_weight(shape=(shape[-1],), initializer="ones", name="gain")

    def call(self, x):
        return x * self.gain * self.by

    def get_config(self):
        return {**super().get_config(), "by": self.by}


def twice_tanh(x):
    return 2 * keras.ops.tanh(x)


CUSTOM = {"ScaleBy": ScaleBy, "twice_tanh": twice_tanh}


def custom_objects():
    return chain((4,), L.Dense(3, twice_tanh), ScaleBy(3.0), L.Dense(3), ScaleBy(name="last"), L.Dense(2))


MODELS = {
    name: make
    for name, make in list(globals().items())
    if inspect.isfunction(make) and make.__module__ == __name__ and name not in ("f", "ints", "chain", "twice_tanh")
}

O = keras.optimizers
S = keras.optimizers.schedules
OPTIMIZERS = {
    "sgd": lambda: O.SGD(0.05),
    "sgd_momentum": lambda: O.SGD(0.02, momentum=0.9, nesterov=True, clipnorm=1.0),
    "rmsprop": lambda: O.RMSprop(0.01),
    "rmsprop_all": lambda: O.RMSprop(0.01, momentum=0.5, centered=True, weight_decay=0.01),
    "adam": lambda: O.Adam(0.01, clipvalue=0.5),
    "adam_amsgrad": lambda: O.Adam(0.01, beta_1=0.8, amsgrad=True),
    "adamw": lambda: O.AdamW(0.01, global_clipnorm=1.0),
    "nadam": lambda: O.Nadam(0.01),
    "adamax": lambda: O.Adamax(0.01),
    "adagrad": lambda: O.Adagrad(0.1),
    "adadelta": lambda: O.Adadelta(1.0),
    "adafactor": lambda: O.Adafactor(0.1),
    "ftrl": lambda: O.Ftrl(0.1, l1_regularization_strength=0.001),
    "lion": lambda: O.Lion(0.001),
    "lamb": lambda: O.Lamb(0.01),
    "muon": lambda: O.Muon(0.01),
    "schedule_free": lambda: O.ScheduleFreeAdamW(0.01, warmup_steps=4),
    "accumulate": lambda: O.Adam(0.01, gradient_accumulation_steps=2),
    "cosine": lambda: O.Adam(S.CosineDecay(0.02, 10, alpha=0.1, warmup_target=0.05, warmup_steps=2)),
    "restarts": lambda: O.SGD(S.CosineDecayRestarts(0.05, 3)),
    "exponential": lambda: O.SGD(S.ExponentialDecay(0.05, 2, 0.7, staircase=True)),
    "piecewise": lambda: O.SGD(S.PiecewiseConstantDecay([2, 4], [0.05, 0.02, 0.01])),
    "polynomial": lambda: O.SGD(S.PolynomialDecay(0.05, 5, power=2.0, cycle=True)),
    "inverse": lambda: O.SGD(S.InverseTimeDecay(0.05, 2, 0.5)),
}

K = keras.losses
LOSSES = {
    "huber": K.Huber(), "log_cosh": K.LogCosh(), "mape": "mape", "msle": K.MeanSquaredLogarithmicError(), "mae": "mae",
    "cosine": K.CosineSimilarity(), "hinge": "hinge", "squared_hinge": K.SquaredHinge(), "poisson": K.Poisson(),
    "kl": K.KLDivergence(), "bce": K.BinaryCrossentropy(label_smoothing=0.1), "bce_logits": K.BinaryCrossentropy(from_logits=True),
    "bfce": K.BinaryFocalCrossentropy(gamma=1.5), "cce": K.CategoricalCrossentropy(label_smoothing=0.1, reduction="sum"),
    "cfce": K.CategoricalFocalCrossentropy(alpha=0.3), "dice": K.Dice(), "tversky": K.Tversky(alpha=0.3, beta=0.7),
    "categorical_hinge": K.CategoricalHinge(), "scce": K.SparseCategoricalCrossentropy(ignore_class=1), "cgce": K.CategoricalGeneralizedCrossEntropy(q=0.4),
}

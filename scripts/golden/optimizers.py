"""50 steps of every optimizer on three variables, driven by a fixed sequence of gradients."""

import keras
import numpy as np

from golden import schedules
from golden.common import Lcg, flat, keras_config, tensor

STEPS = 50
RECORDED = (1, 2, 3, 10, 50)
SHAPES = {"bias": (3,), "kernel": (2, 3), "filters": (4, 3, 2)}
VARIABLE_SEED, GRADIENT_SEED = 1, 2

CLASSES = {
    "sgd": keras.optimizers.SGD,
    "adam": keras.optimizers.Adam,
    "rmsprop": keras.optimizers.RMSprop,
    "adagrad": keras.optimizers.Adagrad,
    "adadelta": keras.optimizers.Adadelta,
    "adamax": keras.optimizers.Adamax,
    "nadam": keras.optimizers.Nadam,
    "adamW": keras.optimizers.AdamW,
    "ftrl": keras.optimizers.Ftrl,
    "lion": keras.optimizers.Lion,
    "lamb": keras.optimizers.Lamb,
    "adafactor": keras.optimizers.Adafactor,
    "muon": keras.optimizers.Muon,
    "scheduleFreeAdamW": keras.optimizers.ScheduleFreeAdamW,
}

# What is special to each, beside the defaults. A rate large enough for 50 steps to move the weights well.
VARIANTS = {
    "sgd": [
        {"learningRate": 0.05},
        {"learningRate": 0.05, "momentum": 0.9},
        {"learningRate": 0.05, "momentum": 0.9, "nesterov": True},
        {"learningRate": 0.05, "momentum": 0.5, "nesterov": True},
    ],
    "adam": [
        {"learningRate": 0.05},
        {"learningRate": 0.05, "amsgrad": True},
        {"learningRate": 0.05, "beta1": 0.8, "beta2": 0.95, "epsilon": 0.01},
    ],
    "rmsprop": [
        {"learningRate": 0.05},
        {"learningRate": 0.05, "rho": 0.8, "epsilon": 0.01},
        {"learningRate": 0.05, "centered": True},
        {"learningRate": 0.05, "momentum": 0.9},
        {"learningRate": 0.05, "momentum": 0.9, "centered": True},
    ],
    "adagrad": [{"learningRate": 0.1}, {"learningRate": 0.1, "initialAccumulatorValue": 0.5, "epsilon": 0.01}],
    "adadelta": [{"learningRate": 1.0}, {"learningRate": 1.0, "rho": 0.8, "epsilon": 0.001}],
    "adamax": [{"learningRate": 0.05}, {"learningRate": 0.05, "beta1": 0.8, "beta2": 0.95, "epsilon": 0.01}],
    "nadam": [{"learningRate": 0.05}, {"learningRate": 0.05, "beta1": 0.8, "beta2": 0.95, "epsilon": 0.01}],
    "adamW": [{"learningRate": 0.05}, {"learningRate": 0.05, "weightDecay": 0.1, "amsgrad": True}],
    "ftrl": [
        {"learningRate": 0.1},
        {"learningRate": 0.1, "l1RegularizationStrength": 0.5},
        {"learningRate": 0.1, "l2RegularizationStrength": 0.5, "beta": 0.5},
        {"learningRate": 0.1, "l2ShrinkageRegularizationStrength": 0.1, "initialAccumulatorValue": 0.5},
        {"learningRate": 0.1, "learningRatePower": -0.25},
    ],
    "lion": [{"learningRate": 0.02}, {"learningRate": 0.02, "beta1": 0.8, "beta2": 0.95}],
    "lamb": [{"learningRate": 0.05}, {"learningRate": 0.05, "beta1": 0.8, "beta2": 0.95, "epsilon": 0.01}],
    "adafactor": [
        {"learningRate": 0.1},
        {"learningRate": 0.1, "relativeStep": False},
        {"learningRate": 0.1, "beta2Decay": -0.5, "clipThreshold": 0.5, "epsilon1": 1e-6, "epsilon2": 0.1},
    ],
    "muon": [
        {"learningRate": 0.05},
        {"learningRate": 0.05, "nesterov": False},
        {"learningRate": 0.05, "momentum": 0.8, "nsSteps": 3, "rmsRate": None},
        {"learningRate": 0.05, "adamLrRatio": 0.1, "adamWeightDecay": 0.1, "adamBeta1": 0.8, "adamBeta2": 0.95},
    ],
    "scheduleFreeAdamW": [
        {"learningRate": 0.05},
        {"learningRate": 0.05, "beta1": 0.8, "beta2": 0.95, "epsilon": 0.01, "warmupSteps": 5},
    ],
}

# What the base class does for each of them. The bounds lie amid the norms that the gradients have.
SHARED = [{"clipNorm": 3.0}, {"clipValue": 0.75}, {"globalClipNorm": 6.0}, {"weightDecay": 0.1}]

# What the base class does, tried on one or two.
DECAY = {"schedule": "exponentialDecay", "config": {"initialLearningRate": 0.1, "decaySteps": 10, "decayRate": 0.5}}
EXTRAS = [
    ("sgd", {"learningRate": 0.05, "momentum": 0.9, "clipNorm": 3.0, "weightDecay": 0.1}, {}),
    ("sgd", {"learningRate": DECAY, "momentum": 0.9, "nesterov": True}, {}),
    ("sgd", {"learningRate": DECAY, "weightDecay": 0.1}, {}),
    ("adam", {"learningRate": DECAY}, {}),
    ("adafactor", {"learningRate": DECAY}, {}),
    ("adam", {"learningRate": 0.05}, {"gradientScale": 2.0**-20}),
    ("adam", {"learningRate": 0.05}, {"gradientScale": 64.0}),
    ("rmsprop", {"learningRate": 0.05}, {"gradientScale": 2.0**-12}),
    ("nadam", {"learningRate": 0.05}, {"gradientScale": 2.0**-20}),
    ("adafactor", {"learningRate": 0.1}, {"gradientScale": 2.0**-12}),
    ("sgd", {"learningRate": 0.05, "useEma": True, "emaMomentum": 0.9}, {}),
    ("adam", {"learningRate": 0.05, "useEma": True, "emaMomentum": 0.9, "emaOverwriteFrequency": 4}, {}),
    ("sgd", {"learningRate": 0.05, "gradientAccumulationSteps": 3}, {}),
    ("adam", {"learningRate": 0.05, "gradientAccumulationSteps": 2, "clipNorm": 2.0}, {}),
    ("adamW", {"learningRate": 0.05, "weightDecay": 0.1, "gradientAccumulationSteps": 2}, {}),
    ("adam", {"learningRate": DECAY, "gradientAccumulationSteps": 2}, {}),
    ("sgd", {"learningRate": 0.05, "gradientAccumulationSteps": 2, "useEma": True, "emaMomentum": 0.9}, {}),
    ("sgd", {"learningRate": 0.05, "lossScaleFactor": 8.0, "clipNorm": 0.25}, {}),
    ("adamW", {"learningRate": 0.05, "weightDecay": 0.1}, {"excludeFromWeightDecay": ["bias"]}),
    ("muon", {"learningRate": 0.05, "weightDecay": 0.1}, {"excludeFromWeightDecay": ["bias", "kernel"]}),
    ("muon", {"learningRate": 0.05, "excludeLayers": ["kernel"]}, {}),
    ("sgd", {"learningRate": 0.05, "momentum": 0.9}, {"maxNorm": 1.5}),
    ("adam", {"learningRate": 0.05, "useEma": True, "emaMomentum": 0.5, "emaOverwriteFrequency": 5}, {"maxNorm": 1.5}),
]


def initial_values():
    draw = Lcg(VARIABLE_SEED)
    return {name: draw.array(*shape) for name, shape in SHAPES.items()}


def gradient_steps(scale):
    draw = Lcg(GRADIENT_SEED)
    for _ in range(STEPS):
        yield [draw.array(*shape) * np.float32(scale) for shape in SHAPES.values()]


def header():
    first = [tensor(gradient) for gradient in next(gradient_steps(1.0))]
    last = [tensor(gradient) for gradient in list(gradient_steps(1.0))[-1]]
    return {
        "variables": [{"name": name, **tensor(array)} for name, array in initial_values().items()],
        "gradients": {"lcgSeed": GRADIENT_SEED, "steps": STEPS, "first": first, "last": last},
    }


def make_optimizer(name, config):
    arguments = keras_config(config)
    if isinstance(config.get("learningRate"), dict):
        arguments["learning_rate"] = schedules.make(**config["learningRate"])
    return CLASSES[name](**arguments)


def make_variables(max_norm):
    constraint = keras.constraints.MaxNorm(max_norm, axis=0) if max_norm else None
    variables = [keras.Variable(array, name=name) for name, array in initial_values().items()]
    for variable in variables:
        variable.constraint = constraint
    return variables


def run(name, config, gradientScale=1.0, excludeFromWeightDecay=None, maxNorm=None):
    """The variables after each recorded step, and after finalizing when the optimizer keeps averages."""
    variables = make_variables(maxNorm)
    optimizer = make_optimizer(name, config)
    if excludeFromWeightDecay:
        optimizer.exclude_from_weight_decay(var_names=excludeFromWeightDecay)
    optimizer.build(variables)
    steps = {}
    for step, gradients in enumerate(gradient_steps(gradientScale), start=1):
        optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients], variables)
        if step in RECORDED:
            steps[str(step)] = [flat(variable.numpy()) for variable in variables]
    expected = {"steps": steps, "iterations": int(optimizer.iterations)}
    if optimizer.use_ema:
        optimizer.finalize_variable_values(variables)
        expected["finalized"] = [flat(variable.numpy()) for variable in variables]
    return expected


def selection():
    """(name, config, options) of every case, those of issue 2 first."""
    for name in CLASSES:
        yield name, {}, {}
        for config in VARIANTS[name]:
            yield name, config, {}
        for config in SHARED:
            yield name, {**VARIANTS[name][0], **config}, {}
    yield from EXTRAS


def cases():
    for name, config, options in selection():
        yield {"optimizer": name, "config": config, **options, "expected": run(name, config, **options)}

"""Every schedule at each step from 0 to three times its length."""

import keras

from golden.common import keras_config, number

CLASSES = {
    "exponentialDecay": keras.optimizers.schedules.ExponentialDecay,
    "inverseTimeDecay": keras.optimizers.schedules.InverseTimeDecay,
    "piecewiseConstantDecay": keras.optimizers.schedules.PiecewiseConstantDecay,
    "polynomialDecay": keras.optimizers.schedules.PolynomialDecay,
    "cosineDecay": keras.optimizers.schedules.CosineDecay,
    "cosineDecayRestarts": keras.optimizers.schedules.CosineDecayRestarts,
}

LENGTH = 10
DECAY = {"initialLearningRate": 0.1, "decaySteps": LENGTH}
RESTARTS = {"initialLearningRate": 0.1, "firstDecaySteps": LENGTH}

VARIANTS = {
    "exponentialDecay": [
        {**DECAY, "decayRate": 0.5},
        {**DECAY, "decayRate": 0.5, "staircase": True},
        {**DECAY, "decayRate": 0.96, "decaySteps": 7},
    ],
    "inverseTimeDecay": [
        {**DECAY, "decayRate": 0.5},
        {**DECAY, "decayRate": 0.5, "staircase": True},
        {**DECAY, "decayRate": 1.0},
    ],
    "piecewiseConstantDecay": [
        {"boundaries": [LENGTH], "values": [0.1, 0.01]},
        {"boundaries": [5, 10, 20], "values": [0.1, 0.05, 0.01, 0.001]},
    ],
    "polynomialDecay": [
        DECAY,
        {**DECAY, "endLearningRate": 0.01, "power": 2.0},
        {**DECAY, "endLearningRate": 0.01, "power": 0.5},
        {**DECAY, "endLearningRate": 0.01, "cycle": True},
        {**DECAY, "endLearningRate": 0.01, "power": 2.0, "cycle": True},
        {**DECAY, "initialLearningRate": 0.01, "endLearningRate": 0.1},
    ],
    "cosineDecay": [
        DECAY,
        {**DECAY, "alpha": 0.1},
        {**DECAY, "initialLearningRate": 0.0, "warmupTarget": 0.1, "warmupSteps": 5},
        {**DECAY, "initialLearningRate": 0.01, "warmupTarget": 0.1, "warmupSteps": 4, "alpha": 0.1},
        {**DECAY, "warmupTarget": 0.05, "warmupSteps": 0},
        {**DECAY, "warmupSteps": 5},
    ],
    "cosineDecayRestarts": [
        RESTARTS,
        {**RESTARTS, "tMul": 1.0},
        {**RESTARTS, "tMul": 1.0, "mMul": 0.5, "alpha": 0.1},
        {**RESTARTS, "tMul": 1.5, "mMul": 0.9},
        {**RESTARTS, "firstDecaySteps": 4, "mMul": 0.8, "alpha": 0.01},
    ],
}


def make(schedule, config):
    return CLASSES[schedule](**keras_config(config))


def values(schedule, config):
    function = make(schedule, config)
    return [number(float(function(step))) for step in range(3 * LENGTH + 1)]


def cases():
    for schedule, variants in VARIANTS.items():
        for config in variants:
            yield {"schedule": schedule, "config": config, "values": values(schedule, config)}

"""Reads the logs that tensorboard.ts wrote with TensorBoard's own reader, and compares them with what was trained."""

import json
import math
import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

folder = pathlib.Path(sys.argv[1])
expected = json.loads((folder / "expected.json").read_text())


def read(run):
    accumulator = EventAccumulator(str(folder / run), size_guidance={"scalars": 0, "histograms": 0})
    accumulator.Reload()
    return accumulator


def same(events, values, steps=None):
    assert len(events) == len(values), (events, values)
    for index, (event, value) in enumerate(zip(events, values)):
        assert event.step == (index if steps is None else steps[index]), event
        assert math.isclose(event.value, value, rel_tol=1e-6), (event, value)
        assert abs(event.wall_time - (folder / "expected.json").stat().st_mtime) < 600, event


train, validation = read("run/train"), read("run/validation")
history = expected["history"]
assert "epoch_steps_per_second" in train.Tags()["scalars"]
assert len(train.Scalars("epoch_learning_rate")) == 5
for name, values in history.items():
    if name.startswith("val_"):
        same(validation.Scalars(f"epoch_{name[4:]}"), values)
        last = validation.Scalars(f"evaluation_{name[4:]}_vs_iterations")[-1]
        assert last.step == expected["iterations"] and math.isclose(last.value, values[-1], rel_tol=1e-6)
    else:
        same(train.Scalars(f"epoch_{name}"), values)
        # The last batch of an epoch has the epoch's mean. 160 samples are 5 batches of 32.
        batches = {event.step: event.value for event in train.Scalars(f"batch_{name}")}
        assert sorted(batches) == list(range(2, 26, 2))
        assert math.isclose(batches[10], values[1], rel_tol=1e-6)

assert sorted(train.Tags()["histograms"]) == sorted(f"{name}/histogram" for name in expected["sums"])
for name, total in expected["sums"].items():
    events = train.Histograms(f"{name}/histogram")
    assert [event.step for event in events] == [0, 2, 4]
    last = events[-1].histogram_value
    assert math.isclose(last.sum, total, rel_tol=1e-5, abs_tol=1e-6), name
    assert sum(last.bucket) == last.num and len(last.bucket) == len(last.bucket_limit)
    assert last.min <= last.sum / last.num <= last.max
    assert last.sum_squares * last.num >= last.sum**2 * (1 - 1e-9)

graph = train.Graph()
assert [(node.name, node.op, list(node.input)) for node in graph.node] == [
    ("input", "Input", []),
    ("hidden", "dense", ["input"]),
    ("out", "dense", ["hidden"]),
], graph

stored = read("store/train")
assert len(list((folder / "store/train").iterdir())) > 1
same(stored.Scalars("epoch_loss"), expected["stored"]["loss"])
assert len(stored.Histograms("hidden/kernel/histogram")) == 300

# A process that was killed: what is there can be read, from the first batch on and without a gap.
killed = read("killed/train").Scalars("batch_loss")
assert len(killed) > 10
assert [event.step for event in killed] == list(range(1, len(killed) + 1))
print(f"TensorBoard read {len(killed)} batches of a killed process, and all of two runs")

"""Makes test/golden/data/*.json: numbers of real Keras 3, against which the tests in test/golden/ hold aretejs.

    python3.11 -m venv .cache/keras && .cache/keras/bin/pip install -r scripts/requirements.txt
    .cache/keras/bin/python scripts/golden.py                    # write every family (a few minutes)
    .cache/keras/bin/python scripts/golden.py losses metrics     # write some
    .cache/keras/bin/python scripts/golden.py --check            # regenerate in memory, compare, exit 1 when different
    .cache/keras/bin/python scripts/golden.py --check --changed  # only what has changed since it was compared or written

One module of scripts/golden/ makes one file: its `cases()` yields dictionaries, `header()` (optional) what they share.
To add a family: add a module and its name to FAMILIES. The format is told in test/golden/README.md.

Keras runs on jax, on the CPU, in float32. Everything is deterministic: inputs are multiples of 1/64 drawn from the LCG of
golden/common.py (so exact in float32 and reproducible in TypeScript), and numbers are printed with the fewest digits that
name their float32. --check allows 1e-6 of each array's largest number, since another CPU may round sums in another order.

A family depends on its file, its module, those that this imports, and the versions. golden/compared.json has a checksum of
these for each family, written where it has been compared or made; --changed leaves out what has the same one.
"""

import argparse
import concurrent.futures
import hashlib
import importlib
import json
import multiprocessing
import os
import pathlib
import re
import sys
import warnings

sys.dont_write_bytecode = True
os.environ.update(KERAS_BACKEND="jax", JAX_PLATFORMS="cpu", TF_CPP_MIN_LOG_LEVEL="3")

from golden import common  # noqa: E402  (the backend must be chosen before Keras is imported)

# The slowest first, so that they do not keep the others waiting.
FAMILIES = (
    "optimizers",
    "training",
    "losses",
    "layers",
    "conv",
    "pooling",
    "depthwise",
    "attention",
    "preprocessing",
    "augmentation",
    "recurrent",
    "metrics",
    "activations",
    "ops",
    "schedules",
    "initializers",
    "constraints",
    "regularizers",
    "callbacks",
    "fit",
)


HERE = pathlib.Path(__file__).parent
COMPARED = HERE / "golden" / "compared.json"


def modules_of(family):
    """The modules of scripts/golden/ that a family is made by: its own, and what is imported there."""
    found, open_ = set(), [family, "common"]
    while open_:
        name = open_.pop()
        if name in found:
            continue
        found.add(name)
        text = (HERE / "golden" / f"{name}.py").read_text()
        open_ += re.findall(r"^from golden\.(\w+) import", text, re.M)
        open_ += [one.strip() for names in re.findall(r"^from golden import (.+)", text, re.M) for one in names.split(",")]
    return sorted(found)


def checksum(family):
    """Of all that a family's file depends on, and of the file."""
    files = [HERE / "requirements.txt", *(HERE / "golden" / f"{name}.py" for name in modules_of(family))]
    total = hashlib.sha256()
    for file in [*files, common.DATA / f"{family}.json"]:
        total.update(file.read_bytes())
    return total.hexdigest()[:16]


def compared():
    return json.loads(COMPARED.read_text()) if COMPARED.exists() else {}


def note(families):
    """Notes families as compared, as they are now."""
    sums = {**compared(), **{family: checksum(family) for family in families}}
    COMPARED.write_text(json.dumps(dict(sorted(sums.items())), indent=2) + "\n")


def build(family):
    """The text of one family's file."""
    warnings.filterwarnings("ignore", message="Explicitly requested dtype int64")  # jax counts in int32
    module = importlib.import_module(f"golden.{family}")
    shared = module.header() if hasattr(module, "header") else {}
    return common.dumps(common.document(shared, list(module.cases())))


def write(family, text):
    path = common.DATA / f"{family}.json"
    path.write_text(text)
    print(f"{path.relative_to(common.ROOT)}: {len(text) / 1024:.0f} kB", flush=True)


def check(family, text, tolerance):
    """True if the committed file still says what Keras says now."""
    path = common.DATA / f"{family}.json"
    committed, now = common.loads(path.read_text()), common.loads(text)
    committed["python"] = now["python"]  # said for the record; a patch release of it does not change the numbers
    differences = common.compare(committed, now, tolerance)
    print(f"{path.relative_to(common.ROOT)}: {f'{len(differences)} differences' if differences else 'same'}", flush=True)
    for line in differences[:10]:
        print(f"  {line}")
    return not differences


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", metavar="family", help=f"of {', '.join(FAMILIES)}; default: all")
    parser.add_argument("--check", action="store_true", help="compare with the committed files instead of writing them")
    parser.add_argument("--changed", action="store_true", help="with --check: leave out what has been compared as it is now")
    parser.add_argument("--tolerance", type=float, default=1e-6, help="of --check, relative; default 1e-6")
    options = parser.parse_args()
    unknown = set(options.families) - set(FAMILIES)
    if unknown:
        parser.error(f"unknown family {', '.join(sorted(unknown))}. Known: {', '.join(FAMILIES)}")
    return options


def main():
    options = arguments()
    families = options.families or FAMILIES
    if options.changed:
        known = compared()
        families = [family for family in families if known.get(family) != checksum(family)]
        print(f"{len(families)} families have changed since they were compared", flush=True)
    with concurrent.futures.ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        texts = zip(families, pool.map(build, families))
        if options.check:
            same = [family for family, text in texts if check(family, text, options.tolerance)]
            note(same)
            sys.exit(len(same) < len(families))
        for family, text in texts:
            write(family, text)
        note(families)


if __name__ == "__main__":
    main()

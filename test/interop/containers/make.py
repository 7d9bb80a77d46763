"""Makes files with h5py, Keras, zipfile and safetensors, and what is in them as JSON; packed in one archive.

Run: .cache/keras/bin/python test/interop/containers/make.py test/interop/containers/files.zip
Versions: scripts/requirements.txt, and safetensors 0.8.0; those in use are in expected.json in the archive.
"""

import io
import json
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import h5py
import keras
import numpy as np
import safetensors
from contents import contents, plain
from safetensors.numpy import save as save_safetensors

folder = Path(tempfile.mkdtemp())
numbers = np.random.default_rng(7)
TYPES = ["<f2", "<f4", "<f8", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8"]


def array(dtype, shape):
    values = numbers.normal(size=shape) * 50
    return values.astype(dtype) if np.dtype(dtype).kind != "u" else np.abs(values).astype(dtype)


def h5(name, fill, **options):
    """Makes an HDF5 file that can be read."""
    path = folder / f"{name}.h5"
    with h5py.File(path, "w", **options) as file:
        fill(file)
    expected[path.name] = contents(path)


def refused(name, feature, fill, **options):
    """Makes an HDF5 file that has to be refused, naming a feature."""
    path = folder / f"refused-{name}.h5"
    with h5py.File(path, "w", **options) as file:
        fill(file)
    refusals[path.name] = feature


expected = {}
refusals = {}


def all_types(file):
    for dtype in TYPES:
        name = dtype.strip("<|")
        file[f"whole/{name}"] = array(dtype, (3, 2))
        file[f"scalar/{name}"] = array(dtype, ())
        file[f"empty/{name}"] = array(dtype, (0, 3))
        file["whole"].attrs[name] = array(dtype, (2,))
        file["scalar"].attrs[name] = array(dtype, ())[()]
    file["special"] = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45, 3e38], "<f4")
    file["special16"] = np.array([np.nan, np.inf, -np.inf, -0.0, 6e-8, 6e-5, 65504], "<f2")
    file["truth"] = np.array([True, False, True])
    file["text"] = "grüße"
    file["texts"] = np.array([["a", ""], ["bc", "日本"]], dtype=h5py.string_dtype())
    file["fixed"] = np.array([b"ab", b"c", b""])
    file.create_dataset("unwritten", (2, 2), "<f4")
    file.attrs.update({"text": "x", "empty": "", "long": "0123456789" * 9000, "true": True})
    file.attrs["texts"] = ["one", "two"]
    file.attrs["fixed"] = np.array([b"one", b"three"])
    file.attrs["none"] = []
    kind = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    kind.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((4,))
    dataset = h5py.h5d.create(file.id, b"compact", h5py.h5t.IEEE_F32LE, space, kind)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, array("<f4", (4,)))


FILTERS = {
    "plain": {},
    "gzip": {"compression": "gzip"},
    "shuffle": {"compression": "gzip", "compression_opts": 9, "shuffle": True},
    "checked": {"fletcher32": True},
    "all": {"compression": "gzip", "shuffle": True, "fletcher32": True},
}


def chunked(file):
    for name, options in FILTERS.items():
        file.create_dataset(f"{name}/line", data=array("<f4", (37,)), chunks=(8,), **options)
        file.create_dataset(f"{name}/block", data=array("<i2", (7, 5, 3)), chunks=(3, 2, 3), **options)
        file.create_dataset(f"{name}/one", data=array("<f8", (4, 3)), chunks=(4, 3), **options)
        file.create_dataset(f"{name}/bytes", data=array("|u1", (11,)), chunks=(4,), **options)
    sparse = file.create_dataset("sparse", (9, 9), "<f4", chunks=(3, 3), compression="gzip")
    sparse[4, 4] = 5


def resizable(file):
    file.create_dataset("growing", data=array("<f4", (10, 3)), chunks=(4, 3), maxshape=(None, 3), compression="gzip")
    file.create_dataset("empty", data=array("<f4", (0, 3)), chunks=(4, 3), maxshape=(None, 3))


def many_chunks(file):
    file.create_dataset("many", data=array("<i4", (300, 2)), chunks=(1, 1), compression="gzip")


def wide(count):
    def fill(file):
        for i in range(count):
            file[f"layers/layer_{i}/vars/0"] = np.float32(i)

    return fill


h5("types", all_types)
h5("types-latest", lambda file: [file.create_dataset(f"d{t[1:]}", data=array(t, (3,))) for t in TYPES[:5]], libver="latest")
h5("types-v110", lambda file: file.create_dataset("a/b", data=array("<f4", (3,))), libver=("earliest", "v110"))
h5("chunked", chunked)
h5("chunked-v108", lambda file: chunked(file), libver=("v108", "v108"))
h5(
    "chunked-latest",
    lambda file: [
        file.create_dataset(f"{name}/{n}", data=array("<f4", (n, 3)), chunks=(4, 3), **options)
        for name, options in FILTERS.items()
        for n in (4, 9)
    ],
    libver="latest",
)


def implicit(file):
    kind = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    kind.set_chunk((2, 3))
    kind.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    space = h5py.h5s.create_simple((5, 5))
    dataset = h5py.h5d.create(file.id, b"a", h5py.h5t.IEEE_F32LE, space, kind)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, array("<f4", (5, 5)))


h5("implicit", implicit, libver="latest")
h5("resizable", resizable)
h5("many-chunks", many_chunks)
h5("wide", wide(60))
h5("attributes-latest", lambda file: file.attrs.update({"a": "x", "b": np.float32(3), "c": ["p", "q"]}), libver="latest")

keras.utils.set_random_seed(1)
model = keras.Sequential(
    [keras.layers.Input((4,)), keras.layers.Dense(3, name="grüße"), keras.layers.BatchNormalization(), keras.layers.Dense(2)]
)
model.compile("adam", "mse")
model.fit(numbers.normal(size=(4, 4)), numbers.normal(size=(4, 2)), verbose=0)
model.save(folder / "keras.keras")
model.save(folder / "keras-legacy.h5")
expected["keras-legacy.h5"] = contents(folder / "keras-legacy.h5")
with zipfile.ZipFile(folder / "keras.keras") as archive:
    data = archive.read("model.weights.h5")
    (folder / "keras-weights.h5").write_bytes(data)
expected["keras-weights.h5"] = contents(folder / "keras-weights.h5")
half = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(2, dtype="bfloat16"), keras.layers.Dense(1, dtype="float16")])
half.save_weights(folder / "keras-half.weights.h5")
expected["keras-half.weights.h5"] = contents(folder / "keras-half.weights.h5")

refused("soft", "soft link", lambda file: file.update({"a": h5py.SoftLink("/b")}))
refused("soft-latest", "link", lambda file: file.update({"a": h5py.SoftLink("/b")}), libver="latest")
refused("external", "link", lambda file: file.update({"a": h5py.ExternalLink("other.h5", "/")}))


def hard(file):
    file["a"] = np.float32(1)
    file["b"] = file["a"]


refused("hard", "second link", hard)


def virtual(file):
    layout = h5py.VirtualLayout((2,), "<f4")
    layout[:] = h5py.VirtualSource("other.h5", "a", (2,))
    file.create_virtual_dataset("a", layout)


refused("virtual", "virtual", virtual)
refused("external-data", "data in another file", lambda file: file.create_dataset("a", (2,), "<f4", external="other.bin"))
refused("compound", "compound", lambda file: file.create_dataset("a", (2,), [("x", "<f4"), ("y", "<i4")]))
refused("big-endian", "big-endian", lambda file: file.create_dataset("a", (2,), ">f4"))
refused("big-endian-int", "big-endian", lambda file: file.create_dataset("a", (2,), ">i4"))
refused("complex", "c", lambda file: file.create_dataset("a", (2,), "<c8"))
refused("opaque", "opaque", lambda file: file.create_dataset("a", (2,), "V5"))
refused("sequence", "sequence", lambda file: file.create_dataset("a", (2,), h5py.vlen_dtype(np.dtype("<i4"))))
refused("reference", "reference", lambda file: file.create_dataset("a", (2,), h5py.ref_dtype))
refused("enum", "enum", lambda file: file.create_dataset("a", (2,), h5py.enum_dtype({"a": 0, "b": 1, "c": 2})))
refused("lzf", "lzf", lambda file: file.create_dataset("a", (20,), "<f4", compression="lzf"))
refused("scaleoffset", "scaleoffset", lambda file: file.create_dataset("a", data=np.arange(9), scaleoffset=0))
refused("extensible", "extensible array", resizable, libver="latest")
refused(
    "tree2",
    "version 2 B-tree",
    lambda file: file.create_dataset("a", data=array("<f4", (5, 5)), chunks=(2, 2), maxshape=(None, None)),
    libver="latest",
)
refused("pages", "pages", lambda file: file.create_dataset("a", data=array("|u1", (1100,)), chunks=(1,)), libver="latest")
refused(
    "bomb",
    "unpack to more than 100 times",
    lambda file: file.create_dataset("a", (30_000_000,), "|u1", chunks=(30_000_000,), compression="gzip", data=np.zeros(30_000_000, "|u1")),
)
refused("dense-links", "fractal heap", wide(20), libver="latest")
refused("dense-attributes", "fractal heap", lambda file: file.attrs.update({f"a{i}": i for i in range(20)}), libver="latest")
refused("user-block", "HDF5 file", lambda file: file.create_dataset("a", (2,), "<f4"), userblock_size=512)


def named_type(file):
    file["t"] = np.dtype("<f4")
    file.create_dataset("a", (2,), file["t"])


refused("named-type", "named datatype", named_type)


def zipped(name, method, stream=None, comment=b""):
    target = io.BytesIO()
    with zipfile.ZipFile(stream(target) if stream else target, "w", method) as archive:
        archive.comment = comment
        archive.writestr("a.json", '{"a": 1}')
        archive.writestr("folder/ä.txt", "text " * 40)
        archive.mkdir("folder2") if hasattr(archive, "mkdir") else None
        with archive.open("zip64.bin", "w", force_zip64=True) as entry:
            entry.write(bytes(range(256)))
        archive.writestr("empty", "")
    (folder / f"{name}.zip").write_bytes(target.getvalue())


class Unseekable(io.RawIOBase):
    """A stream that cannot go back: sizes then follow the data."""

    def __init__(self, target):
        self.target = target

    def writable(self):
        return True

    def write(self, data):
        return self.target.write(data)


zipped("stored", zipfile.ZIP_STORED)
zipped("deflated", zipfile.ZIP_DEFLATED, comment=b"a comment")
zipped("streamed", zipfile.ZIP_DEFLATED, stream=Unseekable)

tensors = {f"t.{dtype.strip('<|')}": array(dtype, (3, 2)) for dtype in TYPES}
tensors |= {"scalar": np.array(2.5, "<f4"), "empty": np.zeros((0, 3), "<f4"), 'name "ä"': array("<f4", (1,))}
(folder / "numpy.safetensors").write_bytes(save_safetensors(tensors, {"format": "np", "ä": '"'}))
written = {name: value for name, value in tensors.items() if name != "t.f2"}
(folder / "written.safetensors").write_bytes(save_safetensors(written, {"format": "np"}))
expected["numpy.safetensors"] = {
    name: {"shape": list(value.shape), "values": plain(value)} for name, value in tensors.items()
}

versions = {
    "python": sys.version.split()[0],
    "h5py": h5py.__version__,
    "hdf5": h5py.version.hdf5_version,
    "keras": keras.__version__,
    "numpy": np.__version__,
    "safetensors": safetensors.__version__,
}
(folder / "expected.json").write_text(
    json.dumps({"versions": versions, "files": expected, "refused": refusals}, ensure_ascii=False, separators=(",", ":")) + "\n"
)

with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    for path in sorted(folder.iterdir()):
        archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
shutil.rmtree(folder)

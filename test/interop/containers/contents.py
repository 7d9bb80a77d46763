"""What is in an HDF5 file, as JSON. Run: python contents.py FILE prints it, as h5py reads the file."""

import json
import sys

import h5py
import numpy as np


def plain(value):
    """A value as JSON: integers of 64 bits and special floats as text."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.ndarray) and value.dtype.kind == "V" and value.dtype.itemsize == 2:
        # bfloat16
        return plain((value.view("<u2").astype("<u4") << 16).view("<f4"))
    if isinstance(value, (np.ndarray, list)):
        return [plain(item) for item in np.asarray(value).ravel()]
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, (int, np.integer)):
        return str(value) if abs(int(value)) > 2**31 * 2 else int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else str(float(value))
    if isinstance(value, (str, np.str_)):
        return str(value)
    raise TypeError(type(value))


def contents(path):
    """All objects of an HDF5 file: attributes; shapes and values of datasets."""
    found = {}

    def visit(name, node):
        entry = {"attributes": {key: plain(value) for key, value in node.attrs.items()}}
        if isinstance(node, h5py.Dataset):
            entry |= {"shape": list(node.shape), "values": plain(np.asarray(node[()]))}
        found["/" + name.strip("/")] = entry

    with h5py.File(path) as file:
        visit("", file)
        file.visititems(visit)
    return found


if __name__ == "__main__":
    print(json.dumps(contents(sys.argv[1])))

"""Reads what was written here: HDF5 by h5py, safetensors by the reference implementation, zip by zipfile. Prints JSON.

Run: python check.py FOLDER
"""

import json
import sys
import zipfile
from pathlib import Path

from contents import contents, plain
from safetensors import safe_open

found = {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    if path.suffix == ".h5":
        found[path.name] = contents(path)
    elif path.suffix == ".safetensors":
        with safe_open(path, "np") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}
            found[path.name] = {
                "metadata": file.metadata() or {},
                "tensors": {key: {"shape": list(value.shape), "values": plain(value)} for key, value in tensors.items()},
            }
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            bad = archive.testzip()
            found[path.name] = {"bad": bad, "entries": {name: list(archive.read(name)) for name in archive.namelist()}}
print(json.dumps(found))

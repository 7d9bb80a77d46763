"""Checks all ONNX files of a directory with onnx.checker, with full shape inference."""

import pathlib
import sys

import onnx

files = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
for file in files:
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    assert all(output.type.tensor_type.shape.dim for output in inferred.graph.output), file
print(f"onnx.checker {onnx.__version__}: {len(files)} files")
sys.exit(0 if len(files) >= 20 else 1)

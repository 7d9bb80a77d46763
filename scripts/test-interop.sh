#!/usr/bin/env bash
# Files of aretejs/io go to the programs that own their formats (Keras, h5py, safetensors, zipfile, onnx, onnxruntime),
# and come from them; then processes that write files and that train are killed: 30 times and twice for each optimizer,
# with --all 100 times and four times.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/python-environment.sh

# The install script of onnxruntime-node downloads CUDA, which is not needed.
npm ci --prefix test/interop --no-audit --no-fund --ignore-scripts
npm ci --prefix examples/transfer --no-audit --no-fund
npx tsc -p test/interop
npm run --silent build:wasm
npx vitest run --config test/interop/vitest.config.ts

models=$(mktemp -d)
trap 'rm -rf "$models"' EXIT
npx tsx test/interop/onnx.ts "$models"
"$python" test/interop/check-onnx.py "$models"
npx tsx test/interop/onnx-web.ts

if [ "${1:-}" = --all ]; then kills=(100 4); else kills=(30 2); fi
npx tsx test/interop/kill.ts "${kills[0]}"
npx tsx test/interop/kill-and-resume.ts "${kills[1]}"

logs=$(mktemp -d)
trap 'rm -rf "$models" "$logs"' EXIT
npx tsx test/interop/tensorboard.ts "$logs"
"$python" test/interop/check-tensorboard.py "$logs"

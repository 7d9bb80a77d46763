#!/usr/bin/env bash
# The race against native Keras on JAX, PyTorch and TensorFlow: bench/native/index.ts, with its options. The Python
# environment takes 7 GB and is made on first use.
set -euo pipefail
cd "$(dirname "$0")/.."
environment=.cache/native
requirements=bench/native/requirements.txt
. scripts/python-environment.sh

npm run --silent build:wasm >&2
npx tsx bench/native/index.ts "$@"

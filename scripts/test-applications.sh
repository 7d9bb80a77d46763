#!/usr/bin/env bash
# Networks of keras.applications go from real Keras to aretejs and back: test/interop/applications.ts, with its options.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/python-environment.sh

npm run --silent build:wasm
npx tsx test/interop/applications.ts "$@"

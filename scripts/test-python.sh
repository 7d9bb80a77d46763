#!/usr/bin/env bash
# Makes the golden numbers anew with real Keras and compares them with the committed ones; with --changed only those that
# have not been compared as they are now (scripts/golden/compared.json), as CI does.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/python-environment.sh

# Another CPU may round sums in another order, and 50 optimizer steps carry it on.
"$python" scripts/golden.py --check --tolerance 1e-5 "$@"

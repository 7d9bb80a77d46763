#!/usr/bin/env bash
# Makes the golden numbers anew with real Keras and compares them with the committed ones. Versions are pinned in requirements.txt;
# the environment is kept in .cache/keras.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=.cache/keras
requirements=scripts/requirements.txt

# NumPy's pinned version needs 3.11, and the goldens say that they were made with it.
for python in python3.11 python3.12 python3.13 python3; do
  if command -v "$python" >/dev/null && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi
  python=
done
if [ -z "$python" ]; then
  echo "test:python: Python 3.11 or newer is needed, with venv (Debian: apt-get install python3 python3-venv)." >&2
  exit 1
fi

# Anew when the requirements have changed, or an installation was broken off.
if ! cmp -s "$requirements" "$environment/installed.txt"; then
  "$python" -m venv --clear "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
  cp "$requirements" "$environment/installed.txt"
fi

# Another CPU may round sums in another order, and 50 optimizer steps carry it on.
"$environment/bin/python" scripts/golden.py --check --tolerance 1e-5

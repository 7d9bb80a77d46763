# Sourced by scripts that need real Keras and its neighbours: makes a Python environment and sets `python` to its
# interpreter. `environment` and `requirements` say where it is and what is in it, with pinned versions: by default
# .cache/keras and scripts/requirements.txt.
environment=${environment:-.cache/keras}
requirements=${requirements:-scripts/requirements.txt}

# NumPy's pinned version needs 3.11, and the goldens say that they were made with it.
for python in python3.11 python3.12 python3.13 python3; do
  if command -v "$python" >/dev/null && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi
  python=
done
if [ -z "$python" ]; then
  echo "Python 3.11 or newer is needed, with venv (Debian: apt-get install python3 python3-venv)." >&2
  exit 1
fi

# Anew when the requirements have changed, or an installation was broken off.
if ! cmp -s "$requirements" "$environment/installed.txt"; then
  "$python" -m venv --clear "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
  cp "$requirements" "$environment/installed.txt"
fi
python=$environment/bin/python

# Programs that JAX has compiled are kept: others of the same tests need the same ones. Races measure compiling, too.
if [ "$environment" = .cache/keras ]; then
  export JAX_COMPILATION_CACHE_DIR=$PWD/$environment/compiled
  export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0
fi

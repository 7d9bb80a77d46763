#!/usr/bin/env bash
# Tests of aretejs/distributed with a real nats-server and real processes. `REPEAT=20 npm run test:distributed` runs each so often.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/nats-server.sh
npm ci --prefix test/distributed --no-audit --no-fund
npm ci --prefix examples/distributed --no-audit --no-fund
npx tsc -p test/distributed
node --import tsx --test --test-concurrency=1 "${@:-test/distributed}"/*.test.ts

#!/usr/bin/env bash
# Tests of aretejs/distributed with a real nats-server and real processes. `REPEAT=20 npm run test:distributed` runs each so often;
# with words behind "--" only the files run whose name begins with one of them. They wait most of the time, so three run at once. A file
# that takes longer than 10 minutes (times REPEAT) is ended, and one whose tests have ended does not wait for what they left open.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/nats-server.sh
# Deno, Bun and the drivers of Chromium and workerd are those of test/runtimes.
for folder in test/distributed examples/distributed test/runtimes; do npm ci --prefix "$folder" --no-audit --no-fund; done
npx tsc -p test/distributed
files=()
for name in "${@:-}"; do files+=(test/distributed/"$name"*.test.ts); done
node --import tsx --test --test-concurrency=3 --test-force-exit --test-timeout=$((600000 * ${REPEAT:-1})) "${files[@]}"

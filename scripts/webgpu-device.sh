#!/usr/bin/env bash
# The WebGPU backend on a machine that has a GPU and nothing else of what the repository needs.
#
#     bash scripts/webgpu-device.sh pack             here: fills build/webgpu-device (50 MB), which travels with the repository
#     bash scripts/webgpu-device.sh run [ADAPTER]    there: all suites and a bench, in at most 7 minutes
#     bash scripts/webgpu-device.sh software         here: the same on SwiftShader, to see that what was packed works
#
# SUITE_SECONDS and BENCH_SECONDS change the limits (230 and 110); with 0 the suites or the bench do not run. SUITES takes
# the suites that have the text in their name, as in SUITES=golden/: on SwiftShader all of them take half an hour.
# What does not run is said: tests and rows that are left out for time, and tests that a suite skips.
set -euo pipefail
cd "$(dirname "$0")/.."
packed=build/webgpu-device

pack() {
  npm ci --prefix test/webgpu --no-audit --no-fund --silent
  npm run build:wasm --silent
  npx tsx test/webgpu/device/pack.ts
  # A Vulkan loader, for machines that have the driver alone.
  loader=$(ls /usr/lib/chromium/libvulkan.so.1 /usr/lib/x86_64-linux-gnu/libvulkan.so.1 2>/dev/null | head -n 1)
  if [ -n "$loader" ]; then cp "$loader" "$packed/libvulkan.so.1"; fi
}

run() {
  local adapter=${1:-}
  there=$(mktemp -d)
  trap 'rm -rf "$there"' EXIT
  cp -r "$packed"/. "$there"
  gunzip "$there/node.gz" "$there/dawn.node.gz"
  chmod +x "$there/node"
  export XDG_RUNTIME_DIR="$there/runtime"
  mkdir -m 700 "$XDG_RUNTIME_DIR"
  if ! ldconfig -p 2>/dev/null | grep -q libvulkan.so.1; then export LD_LIBRARY_PATH="$there:${LD_LIBRARY_PATH:-}"; fi
  # Containers often have NVIDIA's driver without the file that tells the loader of it.
  if [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] && ldconfig -p 2>/dev/null | grep -q libGLX_nvidia.so.0 &&
    ! ls /etc/vulkan/icd.d/nvidia* /usr/share/vulkan/icd.d/nvidia* >/dev/null 2>&1; then
    echo '{ "file_format_version": "1.0.0", "ICD": { "library_path": "libGLX_nvidia.so.0", "api_version": "1.3.0" } }' >"$there/nvidia.json"
    export VK_DRIVER_FILES="$there/nvidia.json" VK_ICD_FILENAMES="$there/nvidia.json"
  fi
  local suites=${SUITE_SECONDS:-230} bench=${BENCH_SECONDS:-110} failed=0
  part suites "$suites" 30 "$adapter" "${SUITES:-}" || failed=1
  part bench "$bench" 40 "$adapter" || failed=1
  return $failed
}

# part NAME SECONDS GRACE ARGUMENT…: after its seconds nothing new begins, and what has begun may take the grace.
part() {
  local name=$1 seconds=$2 grace=$3 code=0
  shift 3
  if [ "$seconds" = 0 ]; then
    echo "$name: left out, as asked"
    return 0
  fi
  timeout -k 20 $((seconds + grace)) "$there/node" "$there/main.mjs" "$name" "$seconds" "$@" || code=$?
  if [ $code = 124 ] || [ $code = 137 ]; then echo "$name: ended after $((seconds + grace)) s"; fi
  echo "$name: $([ $code = 0 ] && echo passed || echo "FAILED ($code)")"
  return $code
}

case ${1:-} in
  pack) pack ;;
  run) run "${2:-}" ;;
  software)
    icd=$(dpkg -L chromium-common | grep vk_swiftshader_icd.json)
    folder=$(dirname "$icd")
    export LD_LIBRARY_PATH="$folder" VK_ICD_FILENAMES="$icd"
    run
    ;;
  *)
    sed -n '2,10s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac

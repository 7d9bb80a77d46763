#!/usr/bin/env bash
# The WebGPU backend on a machine that has a GPU and nothing else of what the repository needs.
#
#     bash scripts/webgpu-device.sh pack                    here: fills build/webgpu-device (50 MB), which travels with the repository
#     bash scripts/webgpu-device.sh run [ADAPTER]           there: all suites and a bench, in at most 7 minutes
#     bash scripts/webgpu-device.sh software                here: the same on SwiftShader, to see that what was packed works
#
# SUITE_SECONDS and BENCH_SECONDS change the limits (230 and 110).
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
  timeout $((suites + 30)) "$there/node" "$there/main.mjs" suites "$suites" "$adapter" || failed=1
  timeout $((bench + 40)) "$there/node" "$there/main.mjs" bench "$bench" "$adapter" || { echo "the bench ended with $?"; failed=1; }
  return $failed
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
    sed -n '2,8s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac

let gpu;

/**
 * What the user has switched to: its name, and the backend for `compile`, none for the default one, which is WASM. Where
 * there is no WebGPU the switch says so and goes back.
 */
export async function chosenBackend() {
  const { value: name } = document.querySelector("input[name=backend]:checked");
  if (name === "wasm") return { name };
  try {
    // Only who switches loads it.
    const { webgpu } = await import("aretejs/webgpu");
    gpu ??= await webgpu();
    // A device can be lost, when its driver is updated for example. Then the next training makes another.
    gpu.lost.then(() => {
      gpu = undefined;
    });
    return { name, backend: gpu };
  } catch (error) {
    document.querySelector("input[value=wasm]").checked = true;
    document.querySelector("input[value=webgpu]").disabled = true;
    document.getElementById("webgpu-speed").textContent = `not available: ${error.message}`;
    return { name: "wasm" };
  }
}

/**
 * Writes beside the switch how fast it trained. The first epoch is left out: it also records and compiles.
 * @param {string} name of the backend.
 * @param {number} steps of an epoch.
 * @param {readonly number[]} epochEnds times in milliseconds.
 */
export function showSpeed(name, steps, epochEnds) {
  const seconds = (epochEnds.at(-1) - epochEnds[0]) / 1000;
  const speed = ((epochEnds.length - 1) * steps) / seconds;
  document.getElementById(`${name}-speed`).textContent = `${speed.toFixed(0)} steps/s`;
}

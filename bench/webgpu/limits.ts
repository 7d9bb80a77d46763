// What the device can do at most: a bare multiply-add loop, and a copy.

const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
if (!adapter) throw new Error("bench:webgpu: no adapter.");
const { vendor, architecture, description } = adapter.info;
export const adapterInfo = [vendor, architecture, description].filter(Boolean).join(", ");
export const isSoftware = /swiftshader|llvmpipe/i.test(adapterInfo);
const device = await adapter.requestDevice();

/** Something to time: `run` is fulfilled when the device is done. */
export interface Limit {
  readonly run: () => Promise<void>;
  /** Floating-point operations, or bytes that are read and written, of one run. */
  readonly work: number;
}

// Enough threads for a large GPU; few on a software adapter, where each is a part of a core's SIMD unit.
const [groups, rounds] = isSoftware ? [16, 2_000] : [8192, 4_000];
const lanes = 64;

/** Eight independent chains of four numbers in each thread: nothing waits for the result before. */
const loop = `
@group(0) @binding(0) var<storage, read_write> out: array<vec4f>;
@compute @workgroup_size(${lanes}) fn main(@builtin(global_invocation_id) id: vec3u) {
  let a = vec4f(0.999 + f32(id.x & 1u) * 1e-4);
  let b = vec4f(0.001);
  ${chains((i) => `var s${i} = vec4f(f32(id.x) * 1e-6 + ${i}.0);`)}
  for (var i = 0u; i < ${rounds}u; i++) {
    ${chains((i) => `s${i} = fma(s${i}, a, b);`)}
  }
  out[id.x] = ${chains((i) => `s${i}`, " + ")};
}`;

function chains(text: (index: number) => string, separator = "\n  "): string {
  return Array.from({ length: 8 }, (_, index) => text(index)).join(separator);
}

export const multiplyAdd: Limit = { run: multiplyAddLoop(), work: groups * lanes * rounds * 8 * 4 * 2 };

function multiplyAddLoop(): () => Promise<void> {
  const buffer = device.createBuffer({ size: groups * lanes * 16, usage: GPUBufferUsage.STORAGE });
  const module = device.createShaderModule({ code: loop });
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
  const layout = pipeline.getBindGroupLayout(0);
  const group = device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer } }] });
  return async () => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(groups);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
  };
}

/** From one buffer to another: each byte is read and written. */
export function copyOf(bytes: number): Limit {
  const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const [from, to] = [device.createBuffer({ size: bytes, usage }), device.createBuffer({ size: bytes, usage })];
  return {
    work: 2 * bytes,
    run: async () => {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
    },
  };
}

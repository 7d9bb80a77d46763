import { describe, expect, it } from "vitest";

/** out[i] = 2·in[i], without any of our code: fails where the adapter or the harness is at fault. */
const twice = `
@group(0) @binding(0) var<storage, read_write> values: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&values)) { values[id.x] *= 2; }
}`;

describe("the adapter", () => {
  it("runs a shader", async () => {
    const adapter = await navigator.gpu.requestAdapter();
    const device = (await adapter?.requestDevice()) as GPUDevice;
    console.log(`adapter: ${adapter?.info.vendor} ${adapter?.info.architecture} ${adapter?.info.description}`);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const values = device.createBuffer({ size: 400, usage });
    device.queue.writeBuffer(
      values,
      0,
      Float32Array.from({ length: 100 }, (_, i) => i),
    );
    const module = device.createShaderModule({ code: twice });
    const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
    const layout = pipeline.getBindGroupLayout(0);
    const group = device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer: values } }] });
    const copy = device.createBuffer({ size: 400, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(2);
    pass.end();
    encoder.copyBufferToBuffer(values, 0, copy, 0, 400);
    device.queue.submit([encoder.finish()]);
    await copy.mapAsync(GPUMapMode.READ);
    expect(Array.from(new Float32Array(copy.getMappedRange()))).toEqual(Array.from({ length: 100 }, (_, i) => 2 * i));
    device.destroy();
  });
});

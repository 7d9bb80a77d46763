// What goes wrong on a GPU, and what reaches the user.
import { describe, expect, it } from "vitest";
import { webgpu } from "../../../src/backends/webgpu/index.ts";
import {
  type Backend,
  dense,
  lambdaCallback,
  type Model,
  OutOfMemoryError,
  ops,
  StateError,
  sequential,
  sgd,
  type Tensor,
  trainStep,
  wasm,
} from "../../../src/index.ts";
import { controlled, distance, makeDevice, weightsOf } from "./support.ts";

const x = { data: Float32Array.from({ length: 64 * 8 }, (_, i) => Math.sin(i)), shape: [64, 8] };
const y = { data: Float32Array.from({ length: 64 }, (_, i) => Math.cos(i)), shape: [64, 1] };

function network(backend: Backend, units = 16): Model {
  const model = sequential([dense(units, { activation: "tanh", inputShape: [8] }), dense(1)], { seed: 1 });
  model.compile({ optimizer: "sgd", loss: "meanSquaredError", backend });
  return model;
}

/** A device that a user made, a backend on it, and the errors that the device's listener has heard of. */
async function listening() {
  const device = await makeDevice();
  const seen: string[] = [];
  device.addEventListener("uncapturederror", (event) => {
    seen.push((event as GPUUncapturedErrorEvent).error.message);
    event.preventDefault();
  });
  return { device, backend: await webgpu({ device }), seen };
}

const trainOn = (model: Model, epochs = 1) => model.fit(x, y, { epochs, batchSize: 8, verbose: 0 });

describe("a lost device", () => {
  it("ends fit with one error that names the reason; a new backend goes on with saved weights", async () => {
    const { backend, lose } = await controlled();
    const model = network(backend);
    await trainOn(model);
    const saved = await model.getWeights();
    const fitting = model.fit(x, y, {
      epochs: 50,
      batchSize: 8,
      verbose: 0,
      callbacks: [
        lambdaCallback({ onEpochEnd: (epoch) => (epoch === 1 ? lose("the driver was updated") : undefined) }),
      ],
    });
    await expect(fitting).rejects.toThrow(StateError);
    await expect(fitting).rejects.toThrow(/webgpu.*the driver was updated/);
    expect(await backend.lost).toContain("the driver was updated");
    await expect(trainOn(model)).rejects.toThrow(/the driver was updated/);

    const next = await webgpu();
    model.setWeights(saved);
    model.compile({ optimizer: "sgd", loss: "meanSquaredError", backend: next });
    const other = network(await wasm());
    other.setWeights(saved);
    await Promise.all([trainOn(model), trainOn(other)]);
    expect(distance(await weightsOf(model), await weightsOf(other))).toBeLessThan(2e-5);
    next.dispose();
  });

  it("ends predict, evaluate and trainStep, too, and nothing hangs", async () => {
    const { backend, lose } = await controlled();
    const model = network(backend);
    const step = trainStep({
      variables: model,
      optimizer: sgd(0.1),
      backend,
      loss: (batch: { x: Tensor }, ctx) => ({ loss: ops.mean(ops.square(model.apply(batch.x, ctx))) }),
    });
    await step({ x });
    await model.predict(x);
    const underWay = [model.predict(x), model.evaluate(x, y)];
    lose("unplugged");
    const ended = await Promise.allSettled(underWay);
    for (const one of ended) if (one.status === "rejected") expect(String(one.reason)).toContain("unplugged");
    await backend.lost;
    for (const act of [() => model.predict(x), () => model.evaluate(x, y), () => step({ x })])
      await expect(act()).rejects.toThrow(/unplugged/);
  });

  it("destroyed by its owner counts as lost", async () => {
    const device = await makeDevice();
    const backend = await webgpu({ device });
    const model = network(backend);
    await trainOn(model);
    device.destroy();
    await expect(trainOn(model, 100)).rejects.toThrow(/webgpu/);
    expect(await backend.lost).toMatch(/destroyed/i);
  });
});

describe("a device of the user's", () => {
  it("is not destroyed with the backend, nor are the user's buffers", async () => {
    const device = await makeDevice();
    const own = device.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
    device.queue.writeBuffer(own, 0, Float32Array.of(1, 2, 3, 4));
    for (let time = 0; time < 2; time++) {
      const backend = await webgpu({ device });
      const model = network(backend);
      await trainOn(model);
      await model.dispose();
      backend.dispose();
    }
    const read = device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(own, 0, read, 0, 16);
    device.queue.submit([encoder.finish()]);
    await read.mapAsync(GPUMapMode.READ);
    expect(Array.from(new Float32Array(read.getMappedRange()))).toEqual([1, 2, 3, 4]);
    device.destroy();
  });

  it("keeps its own errors: those of the user's calls do not end training", async () => {
    const { device, backend, seen } = await listening();
    const model = network(backend);
    await trainOn(model);
    device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
    await trainOn(model);
    expect(seen).toHaveLength(1);
    backend.dispose();
    device.destroy();
  });

  it("hears nothing of a read that fails: it is one error of the call, and the next read is right", async () => {
    const { device, backend, seen } = await listening();
    const model = network(backend);
    await trainOn(model);
    const before = await weightsOf(model);
    const { createBuffer } = device;
    let broken = 0;
    // Buffers of reads that are invalid: the copy fails, and so does the mapping.
    device.createBuffer = (descriptor) => {
      const isOfRead = descriptor.usage & GPUBufferUsage.MAP_READ;
      if (!isOfRead) return createBuffer.call(device, descriptor);
      broken++;
      return createBuffer.call(device, { ...descriptor, usage: descriptor.usage | GPUBufferUsage.STORAGE });
    };
    backend.trim?.();
    await expect(model.getWeights()).rejects.toThrow(/webgpu backend: a read failed on the device/);
    device.createBuffer = createBuffer;
    expect(broken).toBeGreaterThan(0);
    expect(await weightsOf(model)).toEqual(before);
    await device.queue.onSubmittedWorkDone();
    expect(seen).toEqual([]);
    backend.dispose();
    device.destroy();
  });

  it("a backend's own device is given up with it", async () => {
    const backend = await webgpu();
    await trainOn(network(backend));
    backend.dispose();
    expect(backend.disposed).toBe(true);
  });
});

describe("memory", () => {
  it("a model over the limit on buffers is refused with both sizes, and others go on", async () => {
    const { backend, device } = await controlled({
      maxBufferSize: 256 * 2 ** 20,
      maxStorageBufferBindingSize: 128 * 2 ** 20,
    });
    const small = network(backend);
    await trainOn(small);
    const before = await weightsOf(small);
    // 8 · 5 Mi floats: 160 MiB of weights in one variable.
    const wide = trainOn(network(backend, 5 * 2 ** 20));
    await expect(wide).rejects.toThrow(OutOfMemoryError);
    await expect(wide).rejects.toThrow(/Expected at most 134217728 bytes, received 167772160 \(dense\/kernel\)/);
    // Each activation of a batch has 64 MiB; the program needs several.
    const long = trainOn(network(backend, 2 ** 21));
    await expect(long).rejects.toThrow(OutOfMemoryError);
    await expect(long).rejects.toThrow(/webgpu backend: .*Expected at most .*, received .*\. Use a smaller/);
    expect(await weightsOf(small)).toEqual(before);
    await trainOn(small);
    backend.dispose();
    device.destroy();
  });

  it("a device without memory says so as an OutOfMemoryError, and others go on", async () => {
    const { backend, device } = await controlled();
    const small = network(backend);
    await trainOn(small);
    // What a device does that has no more: the buffer is there and invalid, and its scope reports it later.
    let isShort = true;
    const scopes: { filter: GPUErrorFilter; failed: boolean }[] = [];
    const { createBuffer, pushErrorScope, popErrorScope } = device;
    device.createBuffer = (descriptor) => {
      if (isShort && descriptor.size > 2 ** 20) for (const scope of scopes) scope.failed = true;
      return createBuffer.call(device, descriptor);
    };
    device.pushErrorScope = (filter) => {
      scopes.push({ filter, failed: false });
      pushErrorScope.call(device, filter);
    };
    device.popErrorScope = async () => {
      const scope = scopes.pop();
      const error = await popErrorScope.call(device);
      const isReported = scope?.failed && scope.filter === "out-of-memory";
      return isReported ? new GPUOutOfMemoryError("the device has no more memory") : error;
    };
    const large = network(backend, 2 ** 16);
    await expect(trainOn(large)).rejects.toThrow(OutOfMemoryError);
    isShort = false;
    await trainOn(small);
    await trainOn(large);
    expect((await weightsOf(large)).every((weight) => weight.every(Number.isFinite))).toBe(true);
    backend.dispose();
    device.destroy();
  });

  it("what models held is there for others", async () => {
    const { backend, device } = await controlled();
    let bytes = 0;
    const { createBuffer } = device;
    device.createBuffer = (descriptor) => {
      bytes += descriptor.size;
      return createBuffer.call(device, descriptor);
    };
    const round = async () => {
      const model = network(backend, 2 ** 14);
      await trainOn(model);
      await model.dispose();
    };
    await round();
    await round();
    bytes = 0;
    for (let time = 0; time < 10; time++) await round();
    // Each holds 0.7 MB of weights, and its program's constants and records are made anew.
    expect(bytes).toBeLessThan(10 * 400_000);
    backend.dispose();
    device.destroy();
  });
});

describe("a shader that does not compile", () => {
  it("is one error that names the instruction, and other programs run on", async () => {
    const { backend, device } = await controlled();
    const model = network(backend);
    await trainOn(model);
    const { createShaderModule } = device;
    let broken = 0;
    device.createShaderModule = (descriptor) => {
      const code = broken++ === 0 ? `${descriptor.code}\nfn broken( {` : descriptor.code;
      return createShaderModule.call(device, { ...descriptor, code });
    };
    const next = sequential([dense(4, { activation: "softsign", inputShape: [8] }), dense(1)], { seed: 1 });
    next.compile({ optimizer: "sgd", loss: "logCosh", backend });
    const failing = trainOn(next);
    await expect(failing).rejects.toThrow(/webgpu/);
    await expect(failing).rejects.toThrow(/map|matmul|reduce|fill|copy|softmax|random/);
    expect(broken).toBeGreaterThan(0);
    await trainOn(model);
    expect((await weightsOf(model)).every((weight) => weight.every(Number.isFinite))).toBe(true);
    backend.dispose();
    device.destroy();
  });
});

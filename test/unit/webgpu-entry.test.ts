// What webgpu() says where it gives no backend, and what it asks of an adapter. Backends are tested by `npm run
// test:webgpu`, on adapters; here there is none.
import { afterEach, describe, expect, it, vi } from "vitest";
import { isWebGpuSupported, webgpu } from "../../src/backends/webgpu/index.ts";
import { StateError } from "../../src/errors.ts";

afterEach(() => vi.unstubAllGlobals());

const limits = {
  maxBufferSize: 2 ** 31,
  maxStorageBufferBindingSize: 2 ** 30,
  maxComputeWorkgroupStorageSize: 32768,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupSizeX: 1024,
};

/** An adapter whose device cannot be had, and what was asked of it. */
function stubborn(features: readonly string[] = []) {
  const asked: GPUDeviceDescriptor[] = [];
  const adapter = {
    features: new Set(features),
    limits: { ...limits, maxTextureDimension2D: 16384 },
    requestDevice: async (descriptor: GPUDeviceDescriptor) => {
      asked.push(descriptor);
      throw new Error("the adapter was consumed\nby someone");
    },
  };
  return { adapter: adapter as unknown as GPUAdapter, asked };
}

/** As the runtime has it: an object that gives this adapter. */
const gpuWith = (adapter: unknown) => ({ requestAdapter: vi.fn(async (_options?: object) => adapter) });

describe("where there is no WebGPU", () => {
  const runtimes: Readonly<Record<string, [globals: Record<string, unknown>, advice: RegExp]>> = {
    Node: [{}, /In Node install the package "webgpu" and pass webgpu\(\{ adapter \}\)/],
    Deno: [{ Deno: {} }, /Use Deno 2\.1 or later/],
    "a page without https": [{ process: undefined, isSecureContext: false }, /https pages and localhost/],
    "an old browser": [{ process: undefined, isSecureContext: true }, /Use a browser that has it/],
    "workerd and others": [{ process: undefined }, /or the wasm backend/],
  };
  for (const [name, [globals, advice]] of Object.entries(runtimes)) {
    it(`${name}: the error says what to do`, async () => {
      for (const [global, value] of Object.entries(globals)) vi.stubGlobal(global, value);
      const made = webgpu();
      await expect(made).rejects.toThrow(StateError);
      await expect(made).rejects.toThrow(/^webgpu: this runtime must have WebGPU\./);
      await expect(made).rejects.toThrow(advice);
      expect(await isWebGpuSupported()).toBe(false);
    });
  }
});

describe("where there is no adapter", () => {
  it("of the runtime's or of the user's, the error says so", async () => {
    await expect(webgpu({ adapter: null })).rejects.toThrow(/^webgpu: there must be a GPU that WebGPU can use\./);
    vi.stubGlobal("navigator", { gpu: gpuWith(null) });
    await expect(webgpu()).rejects.toThrow(/Check the driver and the browser's settings/);
    expect(await isWebGpuSupported()).toBe(false);
  });

  it("isWebGpuSupported is false where asking fails, and true where there is one", async () => {
    const gpu = gpuWith({});
    vi.stubGlobal("gpu", gpu);
    expect(await isWebGpuSupported()).toBe(true);
    gpu.requestAdapter.mockRejectedValue(new Error("blocked"));
    expect(await isWebGpuSupported()).toBe(false);
  });
});

describe("an adapter", () => {
  it("is asked for its own limits, and for times where it has them", async () => {
    const [plain, timed] = [stubborn(), stubborn(["timestamp-query", "shader-f16", "subgroups"])];
    for (const { adapter } of [plain, timed])
      await expect(webgpu({ adapter })).rejects.toThrow(
        /^webgpu: the adapter must give a device\. Expected a device, received the adapter was consumed\. An adapter gives one/,
      );
    expect(plain.asked).toMatchObject([{ requiredLimits: limits, requiredFeatures: [] }]);
    expect(timed.asked).toMatchObject([{ requiredLimits: limits, requiredFeatures: ["timestamp-query"] }]);
    expect(Object.keys(plain.asked[0]?.requiredLimits ?? {})).toEqual(expect.arrayContaining(Object.keys(limits)));
  });

  it("is the fast one unless the user prefers the other", async () => {
    const gpu = gpuWith(null);
    vi.stubGlobal("gpu", gpu);
    await expect(webgpu()).rejects.toThrow(StateError);
    await expect(webgpu({ powerPreference: "low-power" })).rejects.toThrow(StateError);
    expect(gpu.requestAdapter.mock.calls).toEqual([
      [{ powerPreference: "high-performance" }],
      [{ powerPreference: "low-power" }],
    ]);
  });
});

describe("options", () => {
  const { adapter } = stubborn();
  const cases: readonly [name: string, options: object, message: RegExp][] = [
    [
      "two ways to say which GPU",
      { adapter, powerPreference: "low-power" },
      /adapter says which GPU, so powerPreference/,
    ],
    ["an unknown preference", { powerPreference: "fast" }, /"high-performance" or "low-power", received "fast"/],
    [
      "an adapter that is none",
      { adapter: {} },
      /adapter is of the wrong kind\. Expected an object with requestDevice\(\)/,
    ],
    [
      "a device that is an adapter",
      { device: adapter },
      /device is of the wrong kind\. Expected an object with createComp/,
    ],
    ["a name that is not known", { powerpreference: "low-power" }, /powerPreference/],
  ];
  for (const [name, options, message] of cases)
    it(`${name} are refused`, () => expect(webgpu(options)).rejects.toThrow(message));

  it("a device that was lost before is refused with the reason", () => {
    const device = {
      createComputePipeline: () => {},
      limits,
      features: new Set(),
      lost: Promise.resolve({ reason: "destroyed", message: "by its owner" }),
    };
    return expect(webgpu({ device: device as unknown as GPUDevice })).rejects.toThrow(
      /the device must be in use\. Expected a device, received one that was lost \(destroyed: by its owner\)/,
    );
  });
});

// Pipelines of a device: each shader is compiled once, whatever the number of models, programs and backends.
import { guarded } from "./errors.ts";
import { computeStage } from "./flags.ts";

/** Bytes of the uniform record of a dispatch. */
export const recordBytes = 256;

const cached = /* @__PURE__ */ new WeakMap<GPUDevice, Pipelines>();

/** The pipelines of a device. */
export function pipelinesOf(device: GPUDevice): Pipelines {
  let pipelines = cached.get(device);
  if (!pipelines) {
    pipelines = new Pipelines(device);
    cached.set(device, pipelines);
  }
  return pipelines;
}

/** Compiles shaders. All have one layout: arena, heap, constants, and the record of the dispatch. */
export class Pipelines {
  readonly bindGroupLayout: GPUBindGroupLayout;
  private readonly layout: GPUPipelineLayout;
  private readonly known = new Map<string, Promise<GPUComputePipeline>>();

  constructor(private readonly device: GPUDevice) {
    const visibility = computeStage;
    this.bindGroupLayout = device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility, buffer: { type: "storage" } },
        { binding: 1, visibility, buffer: { type: "storage" } },
        { binding: 2, visibility, buffer: { type: "read-only-storage" } },
        { binding: 3, visibility, buffer: { type: "uniform", hasDynamicOffset: true, minBindingSize: recordBytes } },
      ],
    });
    this.layout = device.createPipelineLayout({ bindGroupLayouts: [this.bindGroupLayout] });
  }

  /** Number of shaders that were compiled. */
  get count(): number {
    return this.known.size;
  }

  /** The pipeline of a shader; rejects with the compiler's report. */
  pipeline(code: string): Promise<GPUComputePipeline> {
    let pipeline = this.known.get(code);
    if (!pipeline) {
      pipeline = this.compile(code);
      this.known.set(code, pipeline);
      pipeline.catch(() => this.known.delete(code));
    }
    return pipeline;
  }

  private async compile(code: string): Promise<GPUComputePipeline> {
    const { device, layout } = this;
    const { value, report } = guarded(device, () =>
      device.createComputePipeline({
        layout,
        compute: { module: device.createShaderModule({ code }), entryPoint: "main" },
      }),
    );
    const failure = await report;
    if (failure) throw failure;
    return value;
  }
}

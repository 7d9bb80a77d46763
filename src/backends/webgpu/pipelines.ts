// Pipelines of a device: each shader is compiled once, whatever the number of models, programs and backends.
import { guarded, type Report } from "./errors.ts";
import { computeStage } from "./flags.ts";
import { withLibrary } from "./functions.ts";

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

  private async compile(body: string): Promise<GPUComputePipeline> {
    const code = await withLibrary(body);
    const { device, layout } = this;
    const made = guarded(device, () => {
      const compute = { module: device.createShaderModule({ code }), entryPoint: "main" };
      return compilesAside()
        ? device.createComputePipelineAsync({ layout, compute })
        : device.createComputePipeline({ layout, compute });
    });
    // A shader that does not compile is reported as such first; its pipeline can only say that it has none.
    const pipeline = Promise.resolve(made.value).catch(
      ({ message }: Error): Report => ({ message, isShortage: false }),
    );
    const failure = (await made.report) ?? (await pipeline);
    if ("message" in failure) throw failure;
    return failure;
  }
}

/**
 * Whether pipelines are made aside, several at once: in Chromium 27 shaders took 2.8 to 5.0 s so, and 5.6 to 7.9 s one
 * after the other (SwiftShader, 2 busy cores). Node's Dawn took twice as long so.
 */
const compilesAside = (): boolean => (globalThis as { navigator?: { gpu?: object } }).navigator?.gpu !== undefined;

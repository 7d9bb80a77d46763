// Programs of the WebGPU backend: inputs staged on the host, and one submit for a run.
import { lookUp, stateError } from "../../errors.ts";
import type { TypedArray } from "../../ir/dtype.ts";
import type { Program } from "../../ir/program.ts";
import { sizeOf } from "../../ir/shape.ts";
import type { Executable, InputPort } from "../backend.ts";
import { writePart } from "../ports.ts";
import type { GpuStorage, WebGpuBackend } from "./backend.ts";
import { owner, type Work } from "./errors.ts";
import { recordBytes } from "./pipelines.ts";
import { bytesOfView, type Plan } from "./plan.ts";
import type { Dispatch } from "./shader.ts";

/** A program bound to a backend, with a buffer of its own for constants and records. */
export class WebGpuExecutable implements Executable {
  private readonly inputs: Readonly<Record<string, InputPort>>;
  /** The values of all inputs, as they lie in the arena, for one write. */
  private readonly staged: { readonly data: ArrayBuffer; readonly offset: number };
  private isWritten = false;
  private group: GPUBindGroup | undefined;
  private readonly dynamicOffset = new Uint32Array(1);
  private isDisposed = false;
  readonly timings?: () => Promise<number[]>;

  constructor(
    private readonly backend: WebGpuBackend,
    private readonly program: Program,
    private readonly storages: readonly GpuStorage[],
    private readonly plan: Plan,
    private readonly pipelines: readonly GPUComputePipeline[],
    private readonly own: GPUBuffer,
  ) {
    const places = Object.values(program.inputs).map((view) => ({
      start: plan.offsetOf(view).offset,
      end: plan.offsetOf(view).offset + bytesOfView(view),
    }));
    const start = Math.min(...places.map(({ start }) => start));
    const end = Math.max(...places.map(({ end }) => end));
    this.staged = { data: new ArrayBuffer(places.length > 0 ? end - start : 0), offset: places.length > 0 ? start : 0 };
    this.inputs = Object.fromEntries(Object.keys(program.inputs).map((name) => [name, this.inputPort(name)]));
    if (backend.device.features.has("timestamp-query")) this.timings = () => this.runTimed();
  }

  /** The arena or the heap has moved: the next run binds them anew. */
  unlink(): void {
    this.group = undefined;
  }

  run(): void {
    this.check();
    this.backend.handOver(this.workOf, this.submit);
  }

  /** Runs with a pass for each dispatch. Instructions that share a dispatch count for its first. */
  private async runTimed(): Promise<number[]> {
    const { PassTimer } = await import("./timings.ts");
    this.check();
    const { backend, plan, program } = this;
    const timer = new PassTimer(backend.device, this.pipelines.length);
    try {
      backend.handOver(this.workOf, (device) => {
        this.writeInputs(device);
        const encoder = device.createCommandEncoder();
        timer.encode(encoder, (pass, index) => this.encode(pass, index));
        device.queue.submit([encoder.finish()]);
      });
      const times = program.instructions.map(() => 0);
      timer.addTo(times, plan.instructions, await backend.readRanges(timer.ranges));
      return times;
    } finally {
      timer.destroy();
    }
  }

  input(name: string): InputPort {
    return lookUp("program", "input", this.inputs, name);
  }

  async read<Name extends string>(names: readonly Name[]): Promise<Record<Name, TypedArray>> {
    this.held();
    const views = names.map((name) => lookUp("program", "output", this.program.outputs, name));
    const data = await this.backend.fetch(
      views.map((view) => ({ ...this.plan.offsetOf(view), size: sizeOf(view.shape), dtype: view.dtype })),
      this.own,
    );
    return Object.fromEntries(names.map((name, index) => [name, data[index]])) as Record<Name, TypedArray>;
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.own.destroy();
    this.backend.forget(this, this.plan);
  }

  /** Checks that it can run. */
  private check(): void {
    this.held();
    for (const storage of this.storages) {
      if (storage.isFreed) {
        throw stateError(owner, {
          rule: "a program runs while its variables stay where they are",
          expected: "storages in use",
          received: "a freed one",
        });
      }
    }
  }

  /** What a run hands over: the inputs in one write, all dispatches in one submit. */
  private readonly submit = (device: GPUDevice): void => {
    this.writeInputs(device);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let index = 0; index < this.pipelines.length; index++) this.encode(pass, index);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };

  /** For errors of a run. */
  private readonly workOf = (): Work => ({
    what: "a run",
    context: `${this.program.instructions.length} instructions, first `,
    instruction: this.program.instructions[0],
  });

  private writeInputs({ queue }: GPUDevice): void {
    if (!this.isWritten) return;
    this.isWritten = false;
    queue.writeBuffer(this.backend.arenaBuffer, this.staged.offset, this.staged.data);
  }

  private encode(pass: GPUComputePassEncoder, index: number): void {
    const { backend, plan, pipelines, dynamicOffset } = this;
    this.group ??= backend.bind(this.own, plan.recordsOffset);
    const { groups } = plan.dispatches[index] as Dispatch;
    pass.setPipeline(pipelines[index] as GPUComputePipeline);
    dynamicOffset[0] = index * recordBytes;
    pass.setBindGroup(0, this.group, dynamicOffset, 0, 1);
    pass.dispatchWorkgroups(groups[0], groups[1]);
  }

  /** Writes go to the host's copy; a run hands over all inputs in one piece. */
  private inputPort(name: string): InputPort {
    const view = lookUp("program", "input", this.program.inputs, name);
    const size = sizeOf(view.shape);
    const { dtype } = view;
    const Target = dtype === "int32" ? Int32Array : Float32Array;
    const target = new Target(this.staged.data, this.plan.offsetOf(view).offset - this.staged.offset, size);
    return {
      size,
      dtype,
      write: (source, sourceOffset, length, targetOffset) => {
        this.held();
        writePart(name, target, source, sourceOffset, length, targetOffset);
        this.isWritten = true;
      },
    };
  }

  private held(): void {
    this.backend.check();
    if (!this.isDisposed) return;
    throw stateError(owner, {
      rule: "a disposed program cannot run",
      expected: "a loaded program",
      received: "one that was disposed of",
    });
  }
}

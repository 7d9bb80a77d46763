// Programs of the WebGPU backend: inputs staged on the host, and one submit for a run.
import { lookUp, stateError } from "../../errors.ts";
import type { TypedArray } from "../../ir/dtype.ts";
import type { Program } from "../../ir/program.ts";
import { sizeOf } from "../../ir/shape.ts";
import type { Executable, InputPort } from "../backend.ts";
import { writePart } from "../ports.ts";
import type { GpuStorage, WebGpuBackend } from "./backend.ts";
import { owner, type Work } from "./errors.ts";
import type { GpuRows, Taking } from "./kept-rows.ts";
import { recordBytes } from "./pipelines.ts";
import type { Layout } from "./plan.ts";
import type { Dispatch } from "./shader.ts";

/** What runs in one dispatch. */
export interface Command {
  readonly pipeline: GPUComputePipeline;
  readonly groups: Dispatch["groups"];
}

/** A program bound to a backend, with a buffer of its own for constants and records. */
export class WebGpuExecutable implements Executable {
  private readonly inputs: Readonly<Record<string, InputPort>>;
  /** The values of all inputs, as they lie in the arena, for one write. */
  private readonly staged: { readonly data: ArrayBuffer; readonly offset: number };
  /** The bytes of it that were written since the last run. */
  private writtenFrom = Number.POSITIVE_INFINITY;
  private writtenTo = 0;
  /** Inputs that the next run takes from rows that the device keeps. */
  private readonly takings: Taking[] = [];
  /** The dynamic offset of each command. Dawn for Node reads lists faster, but each leaves 1 kB of garbage. */
  private readonly offsets: Uint32Array<ArrayBuffer>;
  private group: GPUBindGroup | undefined;
  private isDisposed = false;
  readonly timings?: () => Promise<number[]>;

  constructor(
    private readonly backend: WebGpuBackend,
    private readonly program: Program,
    private readonly storages: readonly GpuStorage[],
    private readonly layout: Layout,
    private readonly commands: readonly Command[],
    private readonly own: GPUBuffer,
  ) {
    this.offsets = Uint32Array.from(commands, (_, index) => index * recordBytes);
    const views = Object.values(program.inputs);
    const starts = views.map((view) => layout.placeOf(view).base * 4);
    const ends = views.map(({ shape }, index) => (starts[index] as number) + sizeOf(shape) * 4);
    const offset = views.length > 0 ? Math.min(...starts) : 0;
    this.staged = { data: new ArrayBuffer(Math.max(offset, ...ends) - offset), offset };
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
    const { runTimed } = await import("./timings.ts");
    this.check();
    return runTimed(this.backend, {
      work: this.workOf,
      writeInputs: (pass) => this.writeInputs(pass),
      encode: (pass, index) => this.encode(pass, index),
      owners: this.layout.instructions,
      instructions: this.program.instructions.length,
    });
  }

  input(name: string): InputPort {
    return lookUp("program", "input", this.inputs, name);
  }

  async read<Name extends string>(names: readonly Name[]): Promise<Record<Name, TypedArray>> {
    this.held();
    const views = names.map((name) => lookUp("program", "output", this.program.outputs, name));
    const data = await this.backend.fetch(
      views.map((view) => ({ ...this.layout.placeOf(view), size: sizeOf(view.shape), dtype: view.dtype })),
      this.own,
    );
    return Object.fromEntries(names.map((name, index) => [name, data[index]])) as Record<Name, TypedArray>;
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.own.destroy();
    this.backend.forget(this, this.layout);
  }

  /** Checks that it can run: its variables stay where they are. */
  private check(): void {
    this.held();
    for (const storage of this.storages) this.backend.storageOf(storage);
  }

  /** What a run hands over: the inputs in one write, all dispatches in one submit. */
  private readonly submit = (device: GPUDevice): void => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    this.writeInputs(pass);
    for (let index = 0; index < this.commands.length; index++) this.encode(pass, index);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };

  /** For errors of a run. */
  private readonly workOf = (): Work => ({
    what: "a run",
    context: `${this.program.instructions.length} instructions, first `,
    instruction: this.program.instructions[0],
  });

  /** One write for all inputs that were written; those that are taken are copied by the pass, after it. */
  private writeInputs(pass: GPUComputePassEncoder): void {
    const { staged, takings, writtenFrom: from, writtenTo: to } = this;
    const { arenaBuffer, device } = this.backend;
    if (from < to) device.queue.writeBuffer(arenaBuffer, staged.offset + from, staged.data, from, to - from);
    this.writtenFrom = Number.POSITIVE_INFINITY;
    this.writtenTo = 0;
    for (const taking of takings) taking.encode(pass);
    takings.length = 0;
  }

  private encode(pass: GPUComputePassEncoder, index: number): void {
    const { pipeline, groups } = this.commands[index] as Command;
    this.group ??= this.backend.bind(this.own, this.layout.recordsOffset);
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, this.group, this.offsets, index, 1);
    if (groups[1] === 1) pass.dispatchWorkgroups(groups[0]);
    else pass.dispatchWorkgroups(...groups);
  }

  /** Writes go to the host's copy; a run hands over all inputs in one piece. */
  private inputPort(name: string): InputPort {
    const view = lookUp("program", "input", this.program.inputs, name);
    const size = sizeOf(view.shape);
    const { dtype } = view;
    const Target = dtype === "int32" ? Int32Array : Float32Array;
    const offset = this.layout.placeOf(view).base * 4;
    const from = offset - this.staged.offset;
    const target = new Target(this.staged.data, from, size);
    const place = { size, offset, dtype };
    return {
      size,
      dtype,
      write: (source, sourceOffset, length, targetOffset) => {
        this.held();
        writePart(name, target, source, sourceOffset, length, targetOffset);
        this.writtenFrom = Math.min(this.writtenFrom, from);
        this.writtenTo = Math.max(this.writtenTo, from + target.byteLength);
      },
      take: (rows, order, start, count) => {
        this.held();
        const taking = rows.backend === this.backend && (rows as GpuRows).takingOf(place, order, start, count);
        if (taking) this.takings.push(taking);
        return Boolean(taking);
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

import type { Backend, Executable, InputPort, Storage } from "../../src/backends/backend.ts";
import { type JsBackend, type JsOptions, js } from "../../src/backends/js/index.ts";
import { writePart } from "../../src/backends/ports.ts";
import { lookUp, stateError, valueError } from "../../src/errors.ts";
import type { NumericArray, TypedArray } from "../../src/ir/dtype.ts";
import type { Instruction } from "../../src/ir/instruction.ts";
import type { Limits } from "../../src/ir/limits.ts";
import { printInstruction } from "../../src/ir/print.ts";
import type { Program } from "../../src/ir/program.ts";

/** Options of {@link AsynchronousBackend}. */
export interface AsynchronousOptions extends JsOptions {
  limits?: Partial<Limits>;
  /** Turns of the microtask queue before the device does the next thing. Default 3. */
  turns?: number;
}

interface DeviceStorage extends Storage {
  readonly inner: Storage;
  freed: boolean;
}

/**
 * The js backend behind a queue, as a GPU is: calls hand over and return, the device does its work some turns later, in
 * order. A device can be told to fail, or to get lost.
 */
export class AsynchronousBackend implements Backend {
  readonly name = "asynchronous";
  readonly limits: Partial<Limits>;
  readonly lost: Promise<string>;
  /** How many runs, at most, were handed over and not done. */
  mostUnderWay = 0;
  disposed = false;
  private readonly inner: JsBackend;
  private readonly turns: number;
  private readonly queue: (() => void)[] = [];
  private isWorking = false;
  private underWay = 0;
  private reason: string | undefined;
  private onLost: (reason: string) => void = () => {};
  /** What the device has reported and no call has passed on. */
  private error: Error | undefined;
  private failsNext = false;
  private readonly onReads = new Set<(error: unknown) => void>();

  constructor({ limits = {}, turns = 3, ...options }: AsynchronousOptions = {}) {
    this.limits = limits;
    this.turns = turns;
    this.inner = js(options);
    this.lost = new Promise((resolve) => {
      this.onLost = resolve;
    });
  }

  /** The device gets lost: nothing that is under way is done. */
  lose(reason: string): void {
    this.reason = reason;
    this.queue.length = 0;
    for (const reject of this.onReads) reject(this.endError());
    this.onReads.clear();
    this.onLost(reason);
  }

  /** The next run fails, on the device. */
  failNextRun(): void {
    this.failsNext = true;
  }

  async load(program: Program, storages: readonly Storage[]): Promise<Executable> {
    this.check();
    const own = storages.map((storage) => this.own(storage));
    const inner = this.inner.load(
      program,
      own.map((storage) => storage.inner),
    );
    await this.later();
    this.check();
    return new DeviceProgram(this, program, inner, own);
  }

  allocate(spec: { size: number; dtype: "float32" | "int32" }): DeviceStorage {
    this.check();
    return { ...spec, backend: this, inner: this.inner.allocate(spec), freed: false };
  }

  write(storage: Storage, data: NumericArray): void {
    this.check();
    const { inner, size } = this.own(storage);
    if (data.length !== size)
      throw valueError(this.name, { rule: "a variable is written as a whole", expected: size, received: data.length });
    const copy = data.slice();
    this.enqueue(() => this.inner.write(inner, copy));
  }

  read(storage: Storage): Promise<TypedArray> {
    return this.reading(() => {
      const { inner } = this.own(storage);
      return () => this.inner.readSync(inner);
    });
  }

  free(storage: Storage): void {
    if (this.disposed || this.reason !== undefined) return;
    const own = this.own(storage);
    own.freed = true;
    this.enqueue(() => this.inner.free(own.inner));
  }

  settled(): Promise<void> {
    return this.reading(() => () => {});
  }

  dispose(): void {
    this.disposed = true;
  }

  /** For programs: a run whose instructions come with a name. */
  submit(run: () => void, first: string): void {
    this.underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    this.enqueue(() => {
      this.underWay--;
      if (!this.failsNext) return run();
      this.failsNext = false;
      this.error = stateError(this.name, {
        rule: "every instruction must work",
        expected: "no error",
        received: "one that was planned",
        context: first,
      });
    });
  }

  /** For programs and reads: what `prepare` gives is done when the device has come so far. */
  async reading<T>(prepare: () => () => T): Promise<T> {
    this.check();
    const act = prepare();
    return new Promise<T>((resolve, reject) => {
      this.onReads.add(reject);
      this.enqueue(() => {
        this.onReads.delete(reject);
        try {
          this.check();
          resolve(act());
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  /** Throws where the backend cannot be used, and what the device has reported. */
  check(): void {
    if (this.disposed || this.reason !== undefined) throw this.endError();
    const { error } = this;
    this.error = undefined;
    if (error) throw error;
  }

  own(storage: Storage): DeviceStorage {
    if (storage.backend === this && !(storage as DeviceStorage).freed) return storage as DeviceStorage;
    throw stateError(this.name, { rule: "a storage must be in use here", expected: "such a one", received: "another" });
  }

  private endError(): Error {
    return stateError(this.name, {
      rule: this.reason === undefined ? "a disposed backend cannot be used" : "the device must be there",
      expected: "a backend in use",
      received: this.reason ?? "one that was disposed of",
    });
  }

  private enqueue(task: () => void): void {
    this.queue.push(task);
    if (!this.isWorking) void this.work();
  }

  private async work(): Promise<void> {
    this.isWorking = true;
    while (this.queue.length > 0) {
      await this.later();
      this.queue.shift()?.();
    }
    this.isWorking = false;
  }

  private async later(): Promise<void> {
    for (let turn = 0; turn < this.turns; turn++) await undefined;
  }
}

class DeviceProgram implements Executable {
  private readonly staged = new Map<string, TypedArray>();
  private readonly ports: Record<string, InputPort>;
  private isDisposed = false;

  constructor(
    private readonly backend: AsynchronousBackend,
    private readonly program: Program,
    private readonly inner: ReturnType<JsBackend["load"]>,
    private readonly storages: readonly DeviceStorage[],
  ) {
    this.ports = Object.fromEntries(Object.keys(program.inputs).map((name) => [name, this.port(name)]));
  }

  run(): void {
    this.check();
    for (const storage of this.storages) this.backend.own(storage);
    const batch = [...this.staged].map(([name, data]) => [name, data.slice()] as const);
    const [first] = this.program.instructions;
    this.backend.submit(
      () => {
        for (const [name, data] of batch) this.inner.input(name).write(data);
        this.inner.run();
      },
      first ? printInstruction(this.program, first as Instruction) : "no instruction",
    );
  }

  input(name: string): InputPort {
    return lookUp("program", "input", this.ports, name);
  }

  read<Name extends string>(names: readonly Name[]): Promise<Record<Name, TypedArray>> {
    return this.backend.reading(() => {
      this.check();
      for (const name of names) lookUp("program", "output", this.program.outputs, name);
      return () =>
        Object.fromEntries(names.map((name) => [name, this.inner.readSync(name)])) as Record<Name, TypedArray>;
    });
  }

  dispose(): void {
    this.isDisposed = true;
  }

  private check(): void {
    this.backend.check();
    if (this.isDisposed)
      throw stateError("program", { rule: "it must be loaded", expected: "a program in use", received: "another" });
  }

  /** Collects what is written on the host: a run hands it over. */
  private port(name: string): InputPort {
    const { size, dtype } = this.inner.input(name);
    const data = dtype === "int32" ? new Int32Array(size) : new Float64Array(size);
    this.staged.set(name, data);
    return {
      size,
      dtype,
      write: (source, sourceOffset, length, targetOffset) => {
        this.check();
        writePart(name, data, source, sourceOffset, length, targetOffset);
      },
    };
  }
}

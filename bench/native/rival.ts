import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Epoch } from "./training.ts";

/** What Keras runs on. */
export const rivalNames = ["jax", "torch", "tensorflow"] as const;
export type RivalName = (typeof rivalNames)[number];

/** Where a model and its data are. */
export interface Files {
  readonly model: string;
  readonly x: string;
  readonly y: string;
  /** Shape of x. */
  readonly shape: readonly number[];
  readonly labels: "int32" | "float32";
  readonly batch: number;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Real Keras in a process of its own, bound to as many processors as it may use threads. */
export class Rival {
  private readonly errors: string[] = [];
  private readonly lines: AsyncIterator<string>;

  private constructor(
    private readonly process: ChildProcess,
    reader: Interface,
  ) {
    this.lines = reader[Symbol.asyncIterator]();
    process.stderr?.on("data", (chunk: Buffer) => this.errors.push(chunk.toString()));
  }

  static async start(name: RivalName, threads: number): Promise<Rival> {
    const script = fileURLToPath(new URL("./rival.py", import.meta.url));
    const processors = `0-${threads - 1}`;
    const child = spawn("taskset", ["-c", processors, `${root}.cache/native/bin/python`, script, name, `${threads}`]);
    const rival = new Rival(child, createInterface({ input: child.stdout }));
    await rival.answer();
    return rival;
  }

  /** Opens a model and its data. */
  async open(files: Files): Promise<void> {
    await this.ask({ do: "open", ...files });
  }

  /** Trains for one epoch, in order. */
  fit(): Promise<Epoch> {
    return this.ask({ do: "fit" }) as Promise<Epoch>;
  }

  close(): void {
    this.process.kill();
  }

  private ask(command: object): Promise<unknown> {
    this.process.stdin?.write(`${JSON.stringify(command)}\n`);
    return this.answer();
  }

  private async answer(): Promise<unknown> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`bench/native: Keras ended. ${this.errors.join("").slice(-1000)}`);
    return JSON.parse(value);
  }
}

// The process in which real Keras runs, for as many models as there are.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

const special: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
};

/** Takes one request at a time. */
export class Keras {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(python: string, backend: string) {
    this.child = spawn(python, [join(import.meta.dirname, "keras_worker.py")], {
      env: { ...process.env, KERAS_BACKEND: backend },
      stdio: ["pipe", "pipe", process.env.FUZZ_STDERR ? "inherit" : "ignore"],
    });
    this.lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  /** What Keras answers. @throws where the process has ended. */
  async ask<T>(request: object): Promise<T> {
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error("the process of Keras has ended");
    return JSON.parse(value, (_, item) => special[item as string] ?? item) as T;
  }

  end(): void {
    this.child.stdin?.end();
  }
}

// Counts and times the calls that a program makes to WebGPU, on all devices of the process.

type Method = (this: object, ...args: unknown[]) => unknown;
interface Class {
  readonly prototype: object;
}

/** What is counted: everything that a training step may call. */
const methods: Readonly<Record<string, readonly string[]>> = {
  GPUDevice: ["createBuffer", "createBindGroup", "createShaderModule", "createComputePipeline", "createCommandEncoder"],
  GPUQueue: ["submit", "writeBuffer", "onSubmittedWorkDone"],
  GPUCommandEncoder: ["beginComputePass", "copyBufferToBuffer", "clearBuffer", "finish"],
  GPUComputePassEncoder: ["setPipeline", "setBindGroup", "dispatchWorkgroups", "end"],
  GPUBuffer: ["mapAsync", "destroy"],
};

/** Calls by the method's name. */
export interface Calls {
  readonly counts: Readonly<Record<string, number>>;
  /** Milliseconds within all of them. */
  readonly milliseconds: number;
  /** Bytes of buffers that were made, less those of buffers that were destroyed. */
  readonly bytes: number;
  /** Bytes that the host wrote to buffers. */
  readonly written: number;
}

/** Runs `act` and tells which calls were made meanwhile. Calls of others at the same time are counted, too. */
export async function countCalls(act: () => unknown): Promise<Calls> {
  const counts: Record<string, number> = {};
  let [milliseconds, bytes, written, depth] = [0, 0, 0, 0];
  const restore: (() => void)[] = [];
  for (const [className, names] of Object.entries(methods)) {
    const prototype = (globalThis as unknown as Record<string, Class>)[className]?.prototype as Record<string, Method>;
    for (const name of names) {
      const original = prototype[name] as Method;
      counts[name] = 0;
      prototype[name] = function (...args) {
        counts[name] = (counts[name] as number) + 1;
        if (name === "createBuffer") bytes += (args[0] as GPUBufferDescriptor).size;
        if (name === "writeBuffer") written += bytesWritten(args as unknown as Parameters<GPUQueue["writeBuffer"]>);
        if (className === "GPUBuffer" && name === "destroy") bytes -= (this as GPUBuffer).size;
        const begun = performance.now();
        depth++;
        try {
          return original.apply(this, args);
        } finally {
          depth--;
          if (depth === 0) milliseconds += performance.now() - begun;
        }
      };
      restore.push(() => {
        prototype[name] = original;
      });
    }
  }
  try {
    await act();
  } finally {
    for (const undo of restore) undo();
  }
  return { counts, milliseconds, bytes, written };
}

/** Offset and size are in elements where the data are an array, in bytes where they are a buffer. */
function bytesWritten([, , data, offset = 0, size]: Parameters<GPUQueue["writeBuffer"]>): number {
  const unit = "BYTES_PER_ELEMENT" in data ? (data.BYTES_PER_ELEMENT as number) : 1;
  return size === undefined ? data.byteLength - offset * unit : size * unit;
}

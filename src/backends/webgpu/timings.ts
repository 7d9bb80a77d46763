// Timing instructions by the clock of the device.
import type { WebGpuBackend } from "./backend.ts";
import type { Work } from "./errors.ts";
import { usage } from "./flags.ts";

/** Most entries of a query set. */
const mostQueries = 4096;

/** The buffers that times go through: resolved on the device, then copied to where the host can read. */
interface Times {
  readonly queries: GPUQuerySet;
  readonly resolved: GPUBuffer;
  readonly passes: number;
}

/**
 * Encodes passes with the time before and after each. Devices without timestamp queries cannot do it; browsers round
 * times to 0.1 ms.
 */
class PassTimer {
  private readonly parts: Times[] = [];

  constructor(device: GPUDevice, passes: number) {
    for (let first = 0; first < passes; first += mostQueries / 2) {
      const count = Math.min(passes - first, mostQueries / 2);
      this.parts.push({
        queries: device.createQuerySet({ type: "timestamp", count: 2 * count }),
        resolved: device.createBuffer({ size: 16 * count, usage: usage.query | usage.copySource }),
        passes: count,
      });
    }
  }

  /** Encodes all passes; what `encode` writes for pass number `index` is timed. */
  encode(encoder: GPUCommandEncoder, encode: (pass: GPUComputePassEncoder, index: number) => void): void {
    let index = 0;
    for (const { queries, resolved, passes } of this.parts) {
      for (let own = 0; own < passes; own++, index++) {
        const pass = encoder.beginComputePass({
          timestampWrites: {
            querySet: queries,
            beginningOfPassWriteIndex: 2 * own,
            endOfPassWriteIndex: 2 * own + 1,
          },
        });
        encode(pass, index);
        pass.end();
      }
      encoder.resolveQuerySet(queries, 0, 2 * passes, resolved, 0);
    }
  }

  /** What has to be read, in order, for {@link addTo}. */
  get ranges(): { buffer: GPUBuffer; offset: number; bytes: number }[] {
    return this.parts.map(({ resolved }) => ({ buffer: resolved, offset: 0, bytes: resolved.size }));
  }

  /** Adds the time of each pass, from the bytes of `ranges`, to that of its owner. */
  addTo(times: number[], owners: readonly number[], data: ArrayBuffer): void {
    const clock = new BigInt64Array(data);
    owners.forEach((owner, pass) => {
      const [begin, end] = [clock[2 * pass] as bigint, clock[2 * pass + 1] as bigint];
      // Clocks may be set back; a time is never below 0.
      times[owner] = (times[owner] as number) + Math.max(0, Number(end - begin) / 1e6);
    });
  }

  destroy(): void {
    for (const { queries, resolved } of this.parts) {
      queries.destroy();
      resolved.destroy();
    }
  }
}

/** A run of a program. */
interface TimedRun {
  /** For errors. */
  readonly work: () => Work;
  writeInputs(pass: GPUComputePassEncoder): void;
  encode(pass: GPUComputePassEncoder, index: number): void;
  /** Of each dispatch: the index of its instruction. */
  readonly owners: readonly number[];
  readonly instructions: number;
}

/** Runs a program with a pass for each dispatch. Gives the milliseconds of each instruction. */
export async function runTimed(
  backend: WebGpuBackend,
  { work, writeInputs, encode, owners, instructions }: TimedRun,
): Promise<number[]> {
  const timer = new PassTimer(backend.device, owners.length);
  try {
    backend.handOver(work, (device) => {
      const encoder = device.createCommandEncoder();
      const inputs = encoder.beginComputePass();
      writeInputs(inputs);
      inputs.end();
      timer.encode(encoder, encode);
      device.queue.submit([encoder.finish()]);
    });
    const times = new Array<number>(instructions).fill(0);
    timer.addTo(times, owners, await backend.readRanges(timer.ranges));
    return times;
  } finally {
    timer.destroy();
  }
}

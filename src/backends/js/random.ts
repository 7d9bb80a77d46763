// Random numbers on the js backend.
import type { RandomInstruction } from "../../ir/instructions/random.ts";
import { philox } from "../../tensor/philox.ts";
import type { Memory } from "./memory.ts";

/** Uniform numbers in (0, 1): (u₂₃ + ½)·2⁻²³ from the top 23 bits of each word. */
export function random({ stream, count, key, output }: RandomInstruction, memory: Memory): void {
  const words = memory.window(key);
  const seed = [words[0] as number, words[1] as number] as const;
  const [step, stepHigh] = [words[2] as number, words[3] as number];
  const out = memory.window(output);
  for (let start = 0; start < count; start += 4) {
    const block = philox([start / 4, stream, step, stepHigh * 2], seed);
    for (let i = 0; i < 4 && start + i < count; i++) out[start + i] = (((block[i] as number) >>> 9) + 0.5) * 2 ** -23;
  }
}

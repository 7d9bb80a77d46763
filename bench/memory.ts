/**
 * Memory of a training step: the arena of the CNN's step at batch 32 against the activations that its backward pass
 * reads.
 *
 *     npx tsx bench/memory.ts [--json]
 */

import { type Program, program, sgd } from "../src/index.ts";
import { planArena } from "../src/ir/arena.ts";
import { viewsOf } from "../src/ir/instruction.ts";
import { cnn } from "./cnn.ts";

/**
 * The train step of conv 32, pool, conv 64, pool, dense 128, dense 10 on 28×28×1 images, with momentum: the largest
 * program that training binds.
 */
export async function cnnStep(batch: number): Promise<Program> {
  const model = cnn();
  model.compile({
    optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  return program(model, "train", { batchSize: batch });
}

/**
 * Bytes of what the instructions that lead to `output` make (or of inputs), and others read: the activations that the
 * backward pass needs.
 */
export function activationBytes({ buffers, instructions, outputs }: Program, output: string): number {
  const wanted = new Set([outputs[output]?.buffer]);
  const forward = new Set<number>();
  for (let index = instructions.length - 1; index >= 0; index--) {
    const { reads, writes } = viewsOf(instructions[index] as Program["instructions"][number]);
    if (!writes.some(({ buffer }) => wanted.has(buffer))) continue;
    forward.add(index);
    for (const { buffer } of reads) wanted.add(buffer);
  }
  const made = new Set(buffers.flatMap(({ kind }, buffer) => (kind === "input" ? [buffer] : [])));
  for (const index of forward)
    for (const { buffer } of viewsOf(instructions[index] as Program["instructions"][number]).writes) made.add(buffer);
  const kept = new Set<number>();
  instructions.forEach((instruction, index) => {
    if (forward.has(index)) return;
    for (const { buffer } of viewsOf(instruction).reads)
      if (made.has(buffer) && ["temporary", "input"].includes(buffers[buffer]?.kind ?? "")) kept.add(buffer);
  });
  return [...kept].reduce((bytes, buffer) => bytes + (buffers[buffer]?.size ?? 0) * 4, 0);
}

export async function benchMemory(json: boolean): Promise<void> {
  const step = await cnnStep(32);
  const [arena, kept] = [planArena(step).bytes / 1e6, activationBytes(step, "loss") / 1e6];
  const digits = (value: number) => Number(value.toFixed(3));
  if (json) {
    const line = {
      suite: "memory",
      case: "cnn step batch 32",
      ours: digits(arena),
      peer: digits(kept),
      peerName: "activations read by the backward pass",
    };
    console.log(JSON.stringify({ ...line, unit: "MB", ratio: digits(kept / arena) }));
  } else {
    console.log(
      `CNN step, batch 32: arena ${arena.toFixed(2)} MB, ${(arena / kept).toFixed(2)} times the ${kept.toFixed(2)} MB of activations that its backward pass reads`,
    );
  }
}

if (process.argv[1]?.endsWith("memory.ts")) await benchMemory(process.argv.includes("--json"));

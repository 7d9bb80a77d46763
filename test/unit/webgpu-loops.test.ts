// Plans of loops for WebGPU: the dispatches of all steps, from those of a few. Nothing runs here.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadKernels } from "../../src/backends/webgpu/kernels/index.ts";
import { type Plan, planProgram } from "../../src/backends/webgpu/plan.ts";
import type { DeviceFacts } from "../../src/backends/webgpu/shader.ts";
import { compile } from "../../src/compiler/compile.ts";
import type { Instruction } from "../../src/ir/instruction.ts";
import { atStep } from "../../src/ir/loop-steps.ts";
import type { Program } from "../../src/ir/program.ts";
import type { Layer } from "../../src/nn/layer.ts";
import { gru, lstm, simpleRnn } from "../../src/nn/layers/index.ts";
import { Recording } from "../../src/nn/recording.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { sin } from "../../src/tensor/ops/elementwise.ts";
import { placeholder, tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";

/** Training of a recurrent layer: what it gives for sequences [batch, time, features], and the gradients. */
function programOf(layer: Layer, shape: readonly number[]): Program {
  layer.ensureBuilt([null, ...shape.slice(1)]);
  layer.initialize(1);
  const x = placeholder("x", shape);
  const loss = sum(sin(layer.apply(x, new Recording(layer, { training: true, key: tensor(randomKey(1)) }))));
  const outputs = [loss, ...gradients(loss, [x, ...layer.variables])];
  return compile({ outputs: Object.fromEntries(outputs.map((output, index) => [String(index), output])) }).program;
}

const devices: Readonly<Record<string, DeviceFacts>> = {
  "a software adapter": { maxGroups: 65535, maxThreads: 256, workgroupBytes: 16384, isSoftware: true, lanes: 64 },
  "a GPU": { maxGroups: 65535, maxThreads: 1024, workgroupBytes: 32768, isSoftware: false, lanes: 16384 },
};

/** A plan, and for how many instructions kernels were asked. */
async function plan(program: Program, device: DeviceFacts): Promise<Plan & { asked: number }> {
  const kernels = await loadKernels(program.instructions, device);
  let asked = 0;
  const dispatchesOf: typeof kernels.dispatchesOf = (instruction, ctx) => {
    asked++;
    return kernels.dispatchesOf(instruction, ctx);
  };
  const variables = program.variables.map((_, index) => index * 65536);
  return { ...planProgram(program, variables, device, { ...kernels, dispatchesOf }), asked };
}

/** Each loop as many loops of one step. */
const apart = (instructions: readonly Instruction[]): Instruction[] =>
  instructions.flatMap((instruction): readonly Instruction[] =>
    instruction.kind === "loop"
      ? Array.from({ length: instruction.steps }, (_, step) => ({
          ...instruction,
          steps: 1,
          body: instruction.body.map((inner) => atStep(inner, step)),
        }))
      : [instruction],
  );

const cells = { lstm, gru, simpleRnn } as const;

describe.each(Object.entries(devices))("the plan of a loop on %s", (_, device) => {
  it("has the dispatches of its steps, each worked out by itself", () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...(Object.keys(cells) as (keyof typeof cells)[])),
        // Rows of which some begin at multiples of 4, and some do not.
        fc.integer({ min: 1, max: 9 }),
        fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 30 }), fc.integer({ min: 1, max: 5 })),
        fc.boolean(),
        async (cell, units, shape, returnSequences) => {
          const program = programOf(cells[cell](units, { unroll: false, returnSequences }), shape);
          const together = await plan(program, device);
          const each = await plan({ ...program, instructions: apart(program.instructions) }, device);
          const listOf = ({ dispatches }: Plan) =>
            dispatches.map(({ code, params, groups }) => ({ code, params, groups }));
          expect(listOf(together)).toEqual(listOf(each));
          expect(together.words).toEqual(each.words);
        },
      ),
      { numRuns: 4 },
    ));

  it("takes no more work and no more shaders for 2000 steps than for 100", async () => {
    const of = (time: number) => plan(programOf(lstm(5, { unroll: false }), [2, time, 3]), device);
    const [few, many] = [await of(100), await of(2000)];
    expect(many.asked).toBe(few.asked);
    const shaders = ({ dispatches }: Plan) => new Set(dispatches.map(({ code }) => code)).size;
    expect(shaders(many)).toBeLessThanOrEqual(shaders(few) + 4);
    expect(many.dispatches.length).toBeGreaterThan(2000);
  });
});

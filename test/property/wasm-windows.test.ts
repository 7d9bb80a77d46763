import fc from "fast-check";
import { describe, it } from "vitest";
import type { DepthwiseGeometry, Instruction, Plane, Spatial, Windows } from "../../src/ir/instruction.ts";
import { sizeOf } from "../../src/ir/shape.ts";
import { windowGeometry } from "../../src/tensor/ops/window.ts";
import { HandMade } from "../unit/wasm-programs.ts";
import { check, holds, seeds, wholes } from "./wasm-support.ts";

const spatial = (min: number, max: number) =>
  fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min, max }), fc.integer({ min, max }));
const channels = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16, 19, 32, 39), fc.constant(0));

/** Any windows that fit: side by side, overlapping, with gaps, clipped at the borders. */
const pooled = fc
  .record({
    batch: fc.integer({ min: 0, max: 4 }),
    inputs: spatial(1, 8),
    channels,
    size: spatial(1, 4),
    strides: spatial(1, 4),
    aligned: fc.boolean(),
    same: fc.boolean(),
  })
  .map(({ batch, inputs, channels, size: wanted, strides: free, aligned, same }): Windows => {
    const size = wanted.map((n, axis) => (same ? n : Math.min(n, inputs[axis] as number)));
    const strides = aligned ? size : free;
    const { outputs, low } = windowGeometry("test", inputs, { size, strides, padding: same ? "same" : "valid" });
    const of = (list: readonly number[]) => list as unknown as Spatial;
    return { batch, inputs, outputs: of(outputs), size: of(size), strides: of(strides), low: of(low), channels };
  });

describe("pool and poolGrad", () => {
  it("select and add up what is in the windows and write nothing else", () => {
    holds(
      fc.record({
        windows: pooled,
        seed: seeds,
        special: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0),
        every: fc.integer({ min: 2, max: 40 }),
      }),
      ({ windows, seed, special, every }) => {
        const program = new HandMade();
        const from = [windows.batch, ...windows.inputs, windows.channels];
        const to = [windows.batch, ...windows.outputs, windows.channels];
        // Few whole numbers, so that there are ties.
        const keys = program.operand(
          wholes(sizeOf(from), seed).map((x, i) => (i % every === seed % every ? special : x)),
          from,
        );
        const x = program.operand(wholes(sizeOf(from), seed + 1), from);
        const dy = program.operand(wholes(sizeOf(to), seed + 2), to);
        const instructions: Instruction[] = [
          { kind: "pool", operation: "select", windows, keys, input: keys, output: program.result("max", to) },
          { kind: "pool", operation: "select", windows, keys, input: x, output: program.result("selected", to) },
          { kind: "pool", operation: "sum", windows, input: x, output: program.result("sum", to) },
          { kind: "poolGrad", operation: "select", windows, keys, dy, output: program.result("picked", from) },
          { kind: "poolGrad", operation: "sum", windows, dy, output: program.result("spread", from) },
        ];
        check(program, instructions, 0);
      },
      300,
    );
  });
});

/** Strides and dilations of any kind, taps that meet nothing, rows long enough for groups of pixels. */
const depthwise = fc
  .record({
    batch: fc.integer({ min: 0, max: 3 }),
    inputs: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 20 })),
    channels,
    size: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    dilations: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    extra: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
    same: fc.boolean(),
  })
  .map(({ batch, inputs, channels, size, strides, dilations, extra, same }): DepthwiseGeometry => {
    const pairs = inputs.map((n, axis) => {
      const missing = Math.max(0, ((size[axis] as number) - 1) * (dilations[axis] as number) + 1 - n);
      return [(extra[axis] as number) + missing, extra[axis + 2] as number] as const;
    });
    const { outputs, low } = windowGeometry("test", inputs, {
      size,
      strides,
      dilations,
      padding: same ? "same" : pairs,
    });
    const of = (list: readonly number[]) => list as unknown as Plane;
    return { batch, inputs, outputs: of(outputs), size, strides, dilations, low: of(low), channels };
  });

describe("depthwise convolutions", () => {
  it("agree with their adjoints in every geometry and write nothing else", () => {
    holds(
      fc.record({ geometry: depthwise, seed: seeds }),
      ({ geometry, seed }) => {
        const program = new HandMade();
        const [from, taps, to] = [
          [geometry.batch, ...geometry.inputs, geometry.channels],
          [...geometry.size, geometry.channels],
          [geometry.batch, ...geometry.outputs, geometry.channels],
        ];
        const input = program.operand(wholes(sizeOf(from), seed), from);
        const kernel = program.operand(wholes(sizeOf(taps), seed + 1), taps);
        const dy = program.operand(wholes(sizeOf(to), seed + 2), to);
        const instructions: Instruction[] = [
          { kind: "depthwiseConv", geometry, input, kernel, output: program.result("y", to) },
          { kind: "depthwiseConvInputGrad", geometry, dy, kernel, output: program.result("dx", from) },
          { kind: "depthwiseConvFilterGrad", geometry, input, dy, output: program.result("dkernel", taps) },
        ];
        check(program, instructions, 0);
      },
      300,
    );
  });
});

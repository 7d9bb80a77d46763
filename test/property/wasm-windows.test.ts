import fc from "fast-check";
import { describe, it } from "vitest";
import type { Instruction } from "../../src/ir/instruction.ts";
import { sizeOf } from "../../src/ir/shape.ts";
import type { DilatedWindows, Windows } from "../../src/ir/windows.ts";
import { spatialWindows, windowGeometry } from "../../src/tensor/ops/window.ts";
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
    const geometry = windowGeometry("test", inputs, { size, strides, padding: same ? "same" : "valid" });
    return spatialWindows(batch, inputs, channels, geometry);
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
  .map(({ batch, inputs, channels, size, strides, dilations, extra, same }): DilatedWindows => {
    const pairs = inputs.map((n, axis) => {
      const missing = Math.max(0, ((size[axis] as number) - 1) * (dilations[axis] as number) + 1 - n);
      return [(extra[axis] as number) + missing, extra[axis + 2] as number] as const;
    });
    const geometry = windowGeometry("test", inputs, {
      size,
      strides,
      dilations,
      padding: same ? "same" : pairs,
    });
    return spatialWindows(batch, inputs, channels, geometry);
  });

describe("depthwise convolutions", () => {
  it("agree with their adjoints in every geometry and write nothing else", () => {
    holds(
      fc.record({ windows: depthwise, seed: seeds }),
      ({ windows, seed }) => {
        const program = new HandMade();
        const [from, taps, to] = [
          [windows.batch, ...windows.inputs, windows.channels],
          [...windows.size, windows.channels],
          [windows.batch, ...windows.outputs, windows.channels],
        ];
        const input = program.operand(wholes(sizeOf(from), seed), from);
        const kernel = program.operand(wholes(sizeOf(taps), seed + 1), taps);
        const dy = program.operand(wholes(sizeOf(to), seed + 2), to);
        const instructions: Instruction[] = [
          { kind: "depthwiseConv", windows, input, kernel, output: program.result("y", to) },
          { kind: "depthwiseConvInputGrad", windows, dy, kernel, output: program.result("dx", from) },
          { kind: "depthwiseConvFilterGrad", windows, input, dy, output: program.result("dkernel", taps) },
        ];
        check(program, instructions, 0);
      },
      300,
    );
  });
});

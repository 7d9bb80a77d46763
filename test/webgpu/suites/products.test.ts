// Products, convolutions, depthwise convolutions and pooling at random shapes and places, against float64 on js: with
// the tiles of this adapter, and with those of other kinds of GPU.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { js } from "../../../src/backends/js/index.ts";
import { WebGpuBackend } from "../../../src/backends/webgpu/backend.ts";
import { requestDevice } from "../../../src/backends/webgpu/device.ts";
import type { DeviceFacts } from "../../../src/backends/webgpu/shader.ts";
import type { TypedArray } from "../../../src/ir/dtype.ts";
import type { Instruction } from "../../../src/ir/instruction.ts";
import type { MapInstruction } from "../../../src/ir/instructions/map.ts";
import { type Shape, sizeOf, stridesOf } from "../../../src/ir/shape.ts";
import type { View } from "../../../src/ir/view.ts";
import type { ConvWindows } from "../../../src/ir/windows.ts";
import { spatialWindows, windowGeometry } from "../../../src/tensor/ops/window.ts";
import { compareClose } from "../../../src/testing/allClose.ts";
import { runInstructions } from "../../../src/testing/programs.ts";

/** An instruction on memory of its own. */
interface Case {
  readonly instruction: Instruction;
  readonly arrays: readonly TypedArray[];
  /** How many products are added up for one result. */
  readonly terms: number;
}

/** The memory of a case: each operand in a buffer of its own, at the same offset, with untouched values around it. */
class Memory {
  readonly arrays: Float32Array[] = [];

  constructor(
    private readonly offset: number,
    private state: number,
  ) {}

  place(shape: Shape, strides: readonly number[] = stridesOf(shape)): View {
    const reach = shape.reduce((sum, extent, axis) => sum + Math.max(extent - 1, 0) * (strides[axis] as number), 1);
    const array = Float32Array.from({ length: this.offset + reach + 5 }, () => this.next());
    return { buffer: this.arrays.push(array) - 1, dtype: "float32", offset: this.offset, shape, strides };
  }

  /** A number in [−1, 1). */
  private next(): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.fround((this.state >>> 8) / 2 ** 23 - 1);
  }
}

const seeds = fc.integer({ min: 1, max: 2 ** 30 });
/** Places that four neighbours can be loaded from at once, and places that they cannot. */
const offsets = fc.constantFrom(0, 4, 8, 1, 6);
const extents = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.constantFrom(4, 8, 12, 16, 32, 48, 64),
  fc.integer({ min: 10, max: 70 }),
);
const depths = fc.oneof(extents, fc.constantFrom(128, 256, 516, 700), fc.integer({ min: 200, max: 700 }));

/** The result plus a bias, negative ones made a tenth, in place or in a buffer of its own, and the square of it. */
function epilogueOf(
  memory: Memory,
  output: View,
  rows: number,
  columns: number,
  form: string,
): MapInstruction | undefined {
  if (form === "none" || rows * columns === 0) return undefined;
  const shape = form === "flat" ? [rows * columns] : [rows, columns];
  const here = { ...output, shape, strides: stridesOf(shape) };
  const other = memory.place(shape, form === "flat" ? [1] : [0, 1]);
  return {
    kind: "map",
    shape,
    inputs: [here, other],
    outputs: [form === "in place" ? here : memory.place(shape), memory.place(shape)],
    expression: {
      nodes: [
        { op: "input", index: 0 },
        { op: "input", index: 1 },
        { op: "add", args: [0, 1] },
        { op: "constant", value: 0.1 },
        { op: "mul", args: [2, 3] },
        { op: "max", args: [2, 4] },
        { op: "mul", args: [2, 2] },
      ],
      outputs: [5, 6],
    },
  };
}

const epilogues = fc.constantFrom("none", "none", "flat", "by rows", "in place");

const products: fc.Arbitrary<Case> = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    rows: extents,
    depth: depths,
    columns: extents,
    left: fc.constantFrom("plain", "transposed", "repeated", "padded"),
    right: fc.constantFrom("plain", "transposed", "repeated", "padded"),
    epilogue: epilogues,
    offset: offsets,
    seed: seeds,
  })
  .map(({ batch, rows, depth, columns, left, right, epilogue, offset, seed }) => {
    const memory = new Memory(offset, seed);
    const operand = (form: string, m: number, n: number) => {
      const step = form === "padded" ? n + 4 : n;
      const matrix = form === "repeated" ? 0 : m * step;
      return memory.place([batch, m, n], form === "transposed" ? [m * n, 1, m] : [matrix, step, 1]);
    };
    const [a, b] = [operand(left, rows, depth), operand(right, depth, columns)];
    const output = memory.place([batch, rows, columns]);
    const then = epilogueOf(memory, output, batch * rows, columns, epilogue);
    const instruction: Instruction = { kind: "matmul", a, b, output, ...(then && { epilogue: then }) };
    return { instruction, arrays: memory.arrays, terms: depth };
  });

/** Windows of 1 to 3 axes that fit their image. */
const windows: fc.Arbitrary<ConvWindows> = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    axes: fc.array(
      fc.record({
        space: fc.integer({ min: 1, max: 9 }),
        size: fc.integer({ min: 1, max: 3 }),
        stride: fc.integer({ min: 1, max: 3 }),
        dilation: fc.integer({ min: 1, max: 2 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    padding: fc.constantFrom("valid" as const, "same" as const),
    groups: fc.constantFrom(1, 1, 2, 3),
    channels: fc.constantFrom(1, 2, 3, 4, 8, 16),
    filters: fc.constantFrom(1, 3, 4, 8, 20),
  })
  .map(({ batch, axes, padding, groups, channels, filters }) => {
    const space = axes.map(({ space, size, dilation }) => Math.max(space, (size - 1) * dilation + 1));
    const geometry = windowGeometry("case", space, {
      size: axes.map(({ size }) => size),
      strides: axes.map(({ stride }) => stride),
      dilations: axes.map(({ dilation }) => dilation),
      padding,
    });
    return { ...spatialWindows(batch, space, groups * channels, geometry), groups, filters: groups * filters };
  });

const convolutions: fc.Arbitrary<Case> = fc
  .record({
    windows,
    kind: fc.constantFrom("conv", "convInputGrad", "convFilterGrad"),
    epilogue: epilogues,
    offset: offsets,
    seed: seeds,
  })
  .map(({ windows, kind, epilogue, offset, seed }) => {
    const { batch, inputs, outputs, size, channels, filters, groups } = windows;
    const memory = new Memory(offset, seed);
    const shapes = {
      x: [batch, ...inputs, channels],
      kernel: [...size, channels / groups, filters],
      y: [batch, ...outputs, filters],
    };
    const then = (output: View) => {
      const map = epilogueOf(memory, output, sizeOf(output.shape) / filters, filters, groups > 1 ? "none" : epilogue);
      return map && { epilogue: map };
    };
    const terms =
      { conv: sizeOf(size) * channels, convInputGrad: sizeOf(size) * filters }[kind] ?? batch * sizeOf(outputs);
    let instruction: Instruction;
    if (kind === "conv") {
      const [input, kernel, output] = [memory.place(shapes.x), memory.place(shapes.kernel), memory.place(shapes.y)];
      instruction = { kind, windows, input, kernel, output, ...then(output) };
    } else if (kind === "convFilterGrad") {
      const [input, dy, output] = [memory.place(shapes.x), memory.place(shapes.y), memory.place(shapes.kernel)];
      instruction = { kind, windows, input, dy, output, ...then(output) };
    } else {
      const [dy, kernel, output] = [memory.place(shapes.y), memory.place(shapes.kernel), memory.place(shapes.x)];
      instruction = { kind: "convInputGrad", windows, dy, kernel, output };
    }
    return { instruction, arrays: memory.arrays, terms };
  });

const channelwise: fc.Arbitrary<Case> = fc
  .record({
    windows,
    kind: fc.constantFrom(
      ...(["depthwiseConv", "depthwiseConvInputGrad", "depthwiseConvFilterGrad", "pool", "poolGrad"] as const),
    ),
    operation: fc.constantFrom("select" as const, "sum" as const),
    offset: offsets,
    seed: seeds,
  })
  .map(({ windows: all, kind, operation, offset, seed }) => {
    const { groups: _groups, filters: _filters, ...windows } = all;
    const isPool = kind === "pool" || kind === "poolGrad";
    if (isPool && windows.dilations.some((step) => step > 1)) {
      // Windows of pooling have no gaps, and each has an element.
      const { batch, inputs, size, strides, channels } = windows;
      const geometry = windowGeometry("case", inputs, { size, strides, padding: "valid" });
      Object.assign(windows, spatialWindows(batch, inputs, channels, geometry));
    }
    const { batch, inputs, outputs, size, channels } = windows;
    const memory = new Memory(offset, seed);
    const x = [batch, ...inputs, channels];
    const y = [batch, ...outputs, channels];
    const kernel = [...size, channels];
    const place = (...shapes: Shape[]) => shapes.map((shape) => memory.place(shape)) as [View, View, View];
    const terms = batch * sizeOf(outputs);
    const { arrays } = memory;
    if (kind === "pool") {
      const [input, output, keys] = place(x, y, x);
      return {
        instruction: { kind, operation, windows, input, output, ...(operation === "select" && { keys }) },
        arrays,
        terms,
      };
    }
    if (kind === "poolGrad") {
      const [dy, output, keys] = place(y, x, x);
      return {
        instruction: { kind, operation, windows, dy, output, ...(operation === "select" && { keys }) },
        arrays,
        terms,
      };
    }
    if (kind === "depthwiseConv") {
      const [input, weights, output] = place(x, kernel, y);
      return { instruction: { kind, windows, input, kernel: weights, output }, arrays, terms };
    }
    if (kind === "depthwiseConvInputGrad") {
      const [dy, weights, output] = place(y, kernel, x);
      return { instruction: { kind, windows, dy, kernel: weights, output }, arrays, terms };
    }
    const [input, dy, output] = place(x, y, kernel);
    return { instruction: { kind, windows, input, dy, output }, arrays, terms };
  });

const reference = js({ precision: "float64" });

async function withFacts(facts: Partial<DeviceFacts>): Promise<WebGpuBackend> {
  const found = await requestDevice({});
  return new WebGpuBackend({ ...found, facts: { ...found.facts, ...facts } });
}

/** Runs a case twice on the backend: the same bits, close to float64. */
async function hold(backend: WebGpuBackend, { instruction, arrays, terms }: Case): Promise<void> {
  const actual = await runInstructions(backend, arrays, [instruction]);
  expect(await runInstructions(backend, arrays, [instruction])).toEqual(actual);
  const expected = await runInstructions(reference, arrays, [instruction]);
  actual.forEach((data, buffer) => {
    const { close, report } = compareClose(Float32Array.from(data), Float32Array.from(expected[buffer] as TypedArray), {
      rtol: 1e-5,
      // Rounding of sums, which an epilogue squares.
      atol: 1e-6 + 4e-6 * Math.sqrt(terms),
    });
    expect(close, report).toBe(true);
  });
}

/** Kinds of devices by what tiles are chosen by; the shaders of GPUs take long to compile on a CPU. */
const kinds: Readonly<Record<string, { facts: Partial<DeviceFacts>; runs: number }>> = {
  "this adapter": { facts: {}, runs: 40 },
  "a small GPU": { facts: { isSoftware: false, lanes: 256, maxThreads: 64 }, runs: 5 },
  "a large GPU": { facts: { isSoftware: false, lanes: 16384 }, runs: 5 },
};

describe.each(Object.keys(kinds))("products with the tiles of %s", (name) => {
  const { facts, runs } = kinds[name] as (typeof kinds)[string];
  const backend = withFacts(facts);
  it.each([
    ["matrices", products],
    ["convolutions", convolutions],
    ["channels apart", channelwise],
  ] as const)(
    "%s",
    async (_, cases) => {
      const own = await backend;
      await fc.assert(
        fc.asyncProperty(cases, (one) => hold(own, one)),
        { numRuns: runs, endOnFailure: true },
      );
    },
    300_000,
  );
});

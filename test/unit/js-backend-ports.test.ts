import { describe, expect, it } from "vitest";
import { type JsBackend, js } from "../../src/backends/js/index.ts";
import { AreteError, StateError, ValueError } from "../../src/errors.ts";
import type { BufferSpec, Program } from "../../src/ir/program.ts";
import { viewOf } from "../../src/testing/programs.ts";

const temporary = (size: number): BufferSpec => ({ kind: "temporary", dtype: "float32", size });

/** total = weights ← weights + pixels · scale, with a constant scale. */
const program: Program = {
  buffers: [
    { kind: "input", dtype: "float32", size: 3, name: "pixels" },
    { kind: "constant", dtype: "float32", size: 1, data: Float32Array.of(10) },
    { kind: "variable", dtype: "float32", size: 3, name: "weights" },
    temporary(3),
    { kind: "input", dtype: "int32", size: 2, name: "labels" },
    { kind: "temporary", dtype: "int32", size: 2 },
  ],
  instructions: [
    {
      kind: "map",
      shape: [3],
      inputs: [viewOf(0, [3]), viewOf(1, [3], { strides: [0] }), viewOf(2, [3])],
      outputs: [viewOf(2, [3]), viewOf(3, [3])],
      expression: {
        nodes: [
          { op: "input", index: 0 },
          { op: "input", index: 1 },
          { op: "input", index: 2 },
          { op: "mul", args: [0, 1] },
          { op: "add", args: [2, 3] },
        ],
        outputs: [4, 4],
      },
    },
    { kind: "copy", input: viewOf(4, [2], { dtype: "int32" }), output: viewOf(5, [2], { dtype: "int32" }) },
  ],
  inputs: { pixels: viewOf(0, [3]), labels: viewOf(4, [2], { dtype: "int32" }) },
  outputs: { total: viewOf(3, [3]), labels: viewOf(5, [2], { dtype: "int32" }) },
  variables: [2],
};

function load(backend: JsBackend = js()) {
  const weights = backend.allocate({ size: 3, dtype: "float32" });
  return { backend, weights, executable: backend.load(program, [weights]) };
}

describe("js backend", () => {
  it("keeps variables between runs and takes new inputs", async () => {
    const { backend, weights, executable } = load();
    backend.write(weights, [1, 1, 1]);
    executable.input("pixels").write([1, 2, 3]);
    executable.input("labels").write(Uint8Array.of(7, 8));
    executable.run();
    expect(executable.readSync("total")).toEqual(Float32Array.of(11, 21, 31));
    expect((await executable.read(["labels"])).labels).toEqual(Int32Array.of(7, 8));
    executable.run();
    expect(backend.readSync(weights)).toEqual(Float32Array.of(21, 41, 61));
    expect(await backend.read(weights)).toEqual(Float32Array.of(21, 41, 61));
  });

  it("gives Float64Array in float64", () => {
    const { backend, weights, executable } = load(js({ precision: "float64" }));
    executable.input("pixels").write([0.01, 0, 0]);
    executable.run();
    expect(backend.readSync(weights)).toEqual(Float64Array.of(0.1, 0, 0));
    expect(executable.readSync("total")).toBeInstanceOf(Float64Array);
  });

  it("copies parts of a source to parts of an input", () => {
    const { executable } = load();
    const port = executable.input("pixels");
    port.write([9, 9, 9]);
    port.write(Float32Array.of(1, 2, 3, 4), 2, 2, 1);
    executable.run();
    expect(executable.readSync("total")).toEqual(Float32Array.of(90, 30, 40));
    port.write([5, 6, 7, 8], 1);
    executable.run();
    expect(executable.readSync("total")).toEqual(Float32Array.of(150, 100, 120));
  });

  it("reads are copies", () => {
    const { backend, weights, executable } = load();
    executable.input("pixels").write([1, 1, 1]);
    executable.run();
    const first = executable.readSync("total");
    backend.readSync(weights).fill(-1);
    executable.run();
    expect(first).toEqual(Float32Array.of(10, 10, 10));
    expect(backend.readSync(weights)).toEqual(Float32Array.of(20, 20, 20));
  });

  it("names unknown ports with their neighbours", () => {
    const { executable } = load();
    expect(() => executable.input("pixel")).toThrow(
      'program: unknown input. Expected one of pixels, labels, received "pixel". Did you mean "pixels"?',
    );
    expect(() => executable.readSync("loss")).toThrow(
      'program: unknown output. Expected one of total, labels, received "loss".',
    );
  });

  it("refuses writes that do not fit, changing nothing", () => {
    const { backend, weights, executable } = load();
    const port = executable.input("pixels");
    expect(() => port.write([1, 2])).toThrow(
      'input "pixels": the values to write must lie within the source. Expected a range within 2 values, received 3 values from 0.',
    );
    expect(() => port.write([1, 2, 3], 0, 3, 1)).toThrow(
      'input "pixels": the values to write must lie within the target. Expected a range within 3 values, received 3 values from 1.',
    );
    expect(() => port.write([1, 2, 3], -1, 1)).toThrow(ValueError);
    expect(() => port.write([1, 2, 3], 0, 1.5)).toThrow(ValueError);
    backend.write(weights, [1, 2, 3]);
    expect(() => backend.write(weights, [1, 2, 3, 4])).toThrow(
      "js backend: a variable is written as a whole. Expected 3 values, received 4.",
    );
    expect(backend.readSync(weights)).toEqual(Float32Array.of(1, 2, 3));
  });

  it("refuses storages that do not fit the program", () => {
    const backend = js();
    expect(() => backend.load(program, [])).toThrow(
      "js backend: one storage per variable. Expected 1 storages, received 0.",
    );
    expect(() => backend.load(program, [backend.allocate({ size: 2, dtype: "float32" })])).toThrow(
      'js backend: a storage must fit its variable. Expected 3 of float32, received 2 of float32 (variable "weights").',
    );
    expect(() => backend.load(program, [js().allocate({ size: 3, dtype: "float32" })])).toThrow(
      /a storage belongs to the backend that allocated it/,
    );
  });

  it("refuses what was freed or disposed of", () => {
    const { backend, weights, executable } = load();
    executable.dispose();
    expect(() => executable.run()).toThrow(StateError);
    backend.free(weights);
    expect(() => backend.readSync(weights)).toThrow(
      "js backend: a freed storage cannot be used. Expected a storage in use, received one that was freed.",
    );
    expect(() => backend.free(weights)).toThrow(StateError);
  });

  it("refuses an unknown precision", () => {
    expect(() => js({ precision: "float16" as "float32" })).toThrow(
      'js: precision must be known. Expected "float32" or "float64", received float16.',
    );
    expect(() => js({ precision: "float16" as "float32" })).toThrow(AreteError);
  });
});

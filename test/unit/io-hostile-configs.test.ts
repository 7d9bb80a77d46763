import { describe, expect, it } from "vitest";
import { FileError, loadModel } from "../../src/io/index.ts";
import { writeZip } from "../../src/io/zip/write.ts";

describe("hostile configurations", () => {
  const text = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
  const archive = (config: unknown) => {
    const parts = writeZip([{ name: "config.json", parts: [text(config)] }]);
    return new Blob(parts as BlobPart[]);
  };
  const tensor = (name: string, node = 0) => ({
    class_name: "__keras_tensor__",
    config: { keras_history: [name, node, 0] },
  });
  const layer = (name: string, from?: string) => ({
    class_name: "Dense",
    config: { name, units: 2 },
    name,
    inbound_nodes: from === undefined ? [] : [{ args: [tensor(from)], kwargs: {} }],
  });
  const start = {
    class_name: "InputLayer",
    config: { name: "in", batch_shape: [null, 3] },
    name: "in",
    inbound_nodes: [],
  };
  const graph = (layers: unknown[], out: unknown = ["a", 0, 0]) => ({
    class_name: "Functional",
    config: { name: "m", layers: [start, ...layers], input_layers: ["in", 0, 0], output_layers: out },
  });
  const recurrent = (cell: unknown, options: object = {}) => ({
    class_name: "Sequential",
    config: {
      layers: [
        { ...start, config: { batch_shape: [null, 3, 4] } },
        { class_name: cell ? "RNN" : "GRU", config: { name: "r", ...(cell ? { cell } : { units: 2 }), ...options } },
      ],
    },
  });
  let deep: unknown = { class_name: "Dense", config: { units: 1 } };
  for (let i = 0; i < 150; i++) deep = { class_name: "TimeDistributed", config: { layer: deep } };

  it.each<[string, unknown, RegExp]>([
    ["a cycle", graph([layer("a", "b"), layer("b", "a")]), /no cycle/],
    ["a layer that feeds itself", graph([layer("a", "a")]), /no cycle/],
    ["an unknown layer", graph([layer("a", "zz")]), /a known layer|one of the model/],
    ["an output that is not there", graph([layer("a", "in")], ["a", 7, 0]), /must have its uses/],
    ["a name twice", graph([layer("a", "in"), layer("a", "in")]), /different names/],
    ["__proto__ as a class", graph([{ ...layer("a", "in"), class_name: "__proto__" }]), /layer __proto__/],
    ["constructor as a class", graph([{ ...layer("a", "in"), class_name: "constructor" }]), /layer constructor/],
    ["__proto__ as a key", '{"class_name":"Sequential","config":{"__proto__":{"layers":[]}}}', /__proto__/],
    ["code", graph([{ ...layer("a", "in"), class_name: "Lambda" }]), /never run/],
    ["a wrong type", graph([{ ...layer("a", "in"), config: { name: "a", units: "many" } }]), /units/],
    ["a huge layer", graph([{ ...layer("a", "in"), config: { name: "a", units: 1e15 } }]), /too many elements/],
    ["no layers", { class_name: "Sequential", config: {} }, /./],
    [
      "deep nesting",
      { class_name: "Sequential", config: { layers: [start, deep] } },
      /nested|axes|depth|TimeDistributed|timeDistributed/,
    ],
    ["a list", [1, 2], /the model must be an object/],
    ["cells that are no list", recurrent({ class_name: "StackedRNNCells", config: { cells: 5 } }), /must have cells/],
    ["cells without a configuration", recurrent({ class_name: "StackedRNNCells", config: null }), /cell must be/],
    ["a seed without a configuration", recurrent({ class_name: "SeedGenerator", config: null }), /cell must be/],
    ...["constructor", "toString", "__defineGetter__"].flatMap((key): [string, unknown, RegExp][] => [
      [`${key} as an option`, recurrent(undefined, { [key]: 1 }), /unknown option/],
      [`${key} as an option of options`, recurrent(undefined, { [key]: { a: 1 } }), /unknown option/],
      [`${key} as an option without a value`, recurrent(undefined, { [key]: { a: null } }), /unknown option/],
    ]),
    ["no weights", graph([layer("a", "in")]), /must hold model.weights.h5/],
  ])("%s is refused", async (_, config, rule) => {
    await expect(loadModel(archive(config))).rejects.toThrow(rule);
  });

  it("are read up to thousands of layers", async () => {
    const chain = Array.from({ length: 3000 }, (_, i) => ({
      ...layer(`a${i}`, i === 0 ? "in" : `a${i - 1}`),
      class_name: "ReLU",
      config: { name: `a${i}` },
    })).reverse();
    await expect(loadModel(archive(graph(chain, ["a2999", 0, 0])))).rejects.toThrow(/model.weights.h5/);
  });

  it("are no other errors than ours", async () => {
    await expect(loadModel(new Blob([text("{")]))).rejects.toThrow(FileError);
    await expect(loadModel(new Blob([]))).rejects.toThrow(FileError);
  });
});

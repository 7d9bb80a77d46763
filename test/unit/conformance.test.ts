import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { conformance } from "../../src/testing/conformance.ts";
import { AsynchronousBackend } from "./asynchronous-backend.ts";

const backends: Backend[] = [js(), js({ precision: "float64" }), await wasm(), new AsynchronousBackend()];

for (const backend of backends) {
  describe(`${backend.name} conforms`, () => {
    for (const { name, run } of conformance(backend)) it(name, run);
  });
}

describe("the suite", () => {
  const good = js();

  it("has a name of its own for every case", () => {
    const names = conformance(good).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it("catches a backend that computes something else", async () => {
    const wrong: Backend = {
      ...good,
      name: "wrong",
      load: (program, storages) =>
        good.load(
          {
            ...program,
            instructions: program.instructions.map((it) =>
              it.kind === "cumsum" ? { ...it, reverse: !it.reverse } : it,
            ),
          },
          storages,
        ),
    };
    const outcomes = await Promise.all(
      conformance(wrong).map(async ({ name, run }) => ({ name, error: await run().then(() => undefined, String) })),
    );
    const failed = outcomes.filter(({ error }) => error !== undefined);
    expect(failed.every(({ name }) => name.startsWith("cumsum"))).toBe(true);
    expect(failed.find(({ name }) => name === "cumsum: float32 [1, 7, 1]")?.error).toMatch(
      /^AreteError: wrong: cumsum float32 \[1, 7, 1\]: buffer 1 is off\. allClose: values must be close\. Expected .* \(\d of \d+ elements differ, worst at \[\d+\]/,
    );
  });

  it("catches a backend that accepts what it must refuse", async () => {
    const lax: Backend = { ...good, name: "lax", write: () => {} };
    const refusals = conformance(lax).find(({ name }) => name === "backend: what does not fit is refused");
    await expect(refusals?.run()).rejects.toThrow(
      "conformance: a variable written in part must be refused. Expected an AreteError, received none.",
    );
  });
});

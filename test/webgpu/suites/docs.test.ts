import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as dawn from "webgpu";
import * as entry from "../../../src/backends/webgpu/index.ts";
import * as aretejs from "../../../src/index.ts";
import { textsOf } from "../../package/code-blocks.ts";

const page = readFileSync(new URL("../../../docs/webgpu.md", import.meta.url), "utf8");
const samples = textsOf("docs/webgpu.md", page, "js");
const packages: Readonly<Record<string, object>> = { aretejs, "aretejs/webgpu": entry, webgpu: dawn };

describe("docs/webgpu.md", () => {
  it("imports what the packages have", () => {
    const imports = Array.from(samples.join("\n").matchAll(/import \{([^}]+)\} from "([^"]+)"/g));
    expect(imports.length).toBe(3);
    for (const [, names = "", from = ""] of imports)
      for (const name of names.split(",")) expect(packages[from], from).toHaveProperty(name.trim());
  });

  it("runs as it stands, sample after sample", async () => {
    expect(samples).toHaveLength(5);
    const scope: Record<string, unknown> = { ...aretejs, ...entry, ...dawn };
    const body = samples.map((code) => code.replace(/^import .*$/gm, "")).join("\n");
    // The second sample makes the backend in another way; one name is one backend here.
    const code = body.replace("const backend = await webgpu({ adapter", "const fromNode = await webgpu({ adapter");
    const data = {
      x: { data: Float32Array.from({ length: 20 * 64 }, (_, i) => Math.sin(i)), shape: [20, 8, 8, 1] },
      y: Int32Array.from({ length: 20 }, (_, i) => i % 2),
    };
    // Dawn's object of the whole process must stay alive.
    const { gpu } = globalThis as { gpu?: GPU };
    const run = new Function(
      ...Object.keys(scope),
      "x",
      "y",
      `return (async () => { ${code}\nreturn { backend, fromNode, shared, device, model, warm, saved }; })();`,
    );
    const found = await run(...Object.values(scope), data.x, data.y);
    expect(found.backend.name).toBe("webgpu");
    expect(found.saved).toHaveLength(4);
    expect(await found.model.getWeights()).toEqual(found.saved);
    for (const { data } of await found.warm.getWeights()) expect(data.every(Number.isFinite)).toBe(true);
    for (const backend of [found.fromNode, found.shared, found.backend]) backend.dispose();
    found.device.destroy();
    if (gpu) Object.assign(globalThis, { gpu });
  });
});

// Runs exported models of all kinds of layers in onnxruntime-web, in a page of Chromium.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { chromiumFlags } from "../browser/chromium-flags.ts";
import { compareAll, type OrtArray } from "./compare-onnx.ts";

/** What goes to the page and comes back: plain lists. */
interface Plain {
  readonly data: readonly number[];
  readonly dims: readonly number[];
  readonly type: "int32" | "float32";
}

/** What is used of onnxruntime-web in the page. */
interface Ort {
  readonly env: { readonly wasm: { numThreads: number } };
  readonly InferenceSession: { create(bytes: Uint8Array): Promise<Session> };
  readonly Tensor: new (type: string, data: ArrayLike<number>, dims: readonly number[]) => OrtArray;
}

interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, OrtArray>>): Promise<Readonly<Record<string, OrtArray>>>;
}

const files = join(import.meta.dirname, "node_modules/onnxruntime-web/dist");
const types: Readonly<Record<string, string>> = { mjs: "text/javascript", wasm: "application/wasm" };

/** Runs in the page. */
async function inPage({ base64, inputs }: { base64: string; inputs: readonly Plain[] }): Promise<Plain[]> {
  const address: string = "/ort.wasm.min.mjs";
  const ort = (await import(address)) as Ort;
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0)));
  const feeds = inputs.map(({ data, dims, type }, i) => {
    const array = type === "int32" ? Int32Array.from(data) : Float32Array.from(data);
    return [session.inputNames[i] as string, new ort.Tensor(type, array, dims)] as const;
  });
  const results = await session.run(Object.fromEntries(feeds));
  return session.outputNames.map((name) => {
    const { data, dims } = results[name] as OrtArray;
    return { data: Array.from(data), dims: [...dims], type: "float32" as const };
  });
}

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: [...chromiumFlags] });
try {
  const page = await browser.newPage();
  await page.route("**/*", (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    if (name === "") return route.fulfill({ contentType: "text/html", body: "<!doctype html>" });
    return route.fulfill({
      contentType: types[name.split(".").at(-1) ?? ""] ?? "application/octet-stream",
      body: readFileSync(join(files, name)),
    });
  });
  await page.goto("http://localhost/");
  // tsx names functions by a helper, which the page does not have.
  await page.evaluate("globalThis.__name = (f) => f");
  const failures = await compareAll(`onnxruntime-web in Chromium ${browser.version()}`, async (bytes, inputs) => {
    const plain = inputs.map(({ data, dims }) => {
      const type: Plain["type"] = data instanceof Int32Array ? "int32" : "float32";
      return { data: Array.from(data), dims, type };
    });
    const results = await page.evaluate(inPage, { base64: Buffer.from(bytes).toString("base64"), inputs: plain });
    return results.map(({ data, dims }) => ({ data: Float32Array.from(data), dims }));
  });
  process.exitCode = failures === 0 ? 0 : 1;
} finally {
  await browser.close();
}

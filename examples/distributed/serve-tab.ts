/**
 * Serves the page with which a browser tab joins a job. `npx tsx serve-tab.ts ws://SERVER:8080 JOB WORKERS IMAGES`
 * prints its address.
 */

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { loadImages } from "./images.ts";

/** What a tab joins. */
export interface TabOptions {
  /** The address of the server's WebSocket. */
  readonly server: string;
  readonly job: string;
  readonly workers: number;
  readonly images: number;
}

/** Starts a server for the page; gives the address to open, and the server, to be closed. */
export async function serveTab(options: TabOptions, port = 0): Promise<{ url: string; pages: Server }> {
  const folder = import.meta.dirname;
  const { outputFiles } = await build({
    entryPoints: [join(folder, "tab.ts")],
    tsconfig: join(folder, "../../tsconfig.json"),
    bundle: true,
    splitting: true,
    format: "esm",
    outdir: "/",
    write: false,
  });
  const { x, y } = await loadImages(options.images);
  const files = new Map<string, { type: string; body: string | Uint8Array | readonly Uint8Array[] }>();
  const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
    new Uint8Array(buffer, byteOffset, byteLength);
  files.set("/", { type: "text/html", body: readFileSync(join(folder, "tab.html")) });
  files.set("/images", { type: "application/octet-stream", body: Buffer.concat([bytesOf(x.data), bytesOf(y)]) });
  for (const { path, contents } of outputFiles) files.set(path, { type: "text/javascript", body: contents });
  const pages = createServer((request, response) => {
    const file = files.get(new URL(request.url ?? "", "http://localhost").pathname);
    if (file) response.writeHead(200, { "Content-Type": file.type }).end(file.body);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => pages.listen(port, "127.0.0.1", resolve));
  const query = new URLSearchParams(Object.entries(options).map(([name, value]) => [name, String(value)]));
  return { url: `http://127.0.0.1:${(pages.address() as AddressInfo).port}/?${query}`, pages };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [server = "ws://127.0.0.1:8080", job = "fashion", workers = "4", images = "6000"] = process.argv.slice(2);
  const { url } = await serveTab({ server, job, workers: Number(workers), images: Number(images) }, 8099);
  console.log(`Open ${url}`);
}

// Files in a page: IndexedDB, the file system of the origin by name and by handle, a path beside the page, a download.
import { tryFiles } from "./files.mjs";

async function run() {
  const io = await import("./node_modules/aretejs/dist/io/index.js");
  const directory = await navigator.storage.getDirectory();
  const faults = await tryFiles(io, {
    "indexeddb://": { list: "indexeddb://", target: (name) => `indexeddb://${name}` },
    "opfs://": { list: "opfs://", target: (name) => `opfs://${name}` },
    "a directory's handle": { list: directory, target: (name) => ({ store: directory, name }) },
  });
  const handle = await directory.getFileHandle("picked.keras", { create: true });
  await io.writeTarget(handle, Uint8Array.of(7));
  if ((await io.readSource(handle))[0] !== 7) faults.push("a file's handle: another file");
  const page = new TextDecoder().decode(await io.readSource("files.html"));
  if (!page.includes("<title>files</title>")) faults.push(`a path in a page: ${page}`);
  const error = await io.writeTarget("a.keras", Uint8Array.of(1)).catch((error) => error);
  if (!/use indexeddb/.test(error?.message)) faults.push(`writing to a path in a page: ${error}`);
  await io.writeTarget("download://model.keras", [Uint8Array.of(1, 2), Uint8Array.of(3)]);
  return { faults };
}

const result = await run().catch((error) => ({ error: String(error?.stack ?? error) }));
await fetch("./result", { method: "POST", body: JSON.stringify(result) });

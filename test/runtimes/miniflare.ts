import { Miniflare, type MiniflareOptions } from "miniflare";

/**
 * workerd with a worker of modules and `.wasm` files in `folder`; to be disposed of.
 * @param more such as the namespaces of KV that it has.
 */
export const workerd = (
  folder: string,
  scriptPath: string,
  modules: string,
  more: Partial<MiniflareOptions> = {},
): Miniflare =>
  new Miniflare({
    rootPath: folder,
    modulesRoot: folder,
    scriptPath,
    modules: true,
    modulesRules: [
      { type: "ESModule", include: [modules] },
      { type: "CompiledWasm", include: ["**/*.wasm"] },
    ],
    compatibilityDate: "2026-04-01",
    host: "127.0.0.1",
    port: 0,
    cf: false,
    ...more,
  } as MiniflareOptions);

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { build as esbuild } from "esbuild";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";

/** Bundles one file of a user's project, minified, as ESM with its chunks, into a folder. */
export type Bundler = (project: string, entry: string, outdir: string) => Promise<void>;

/** Each as its own documentation sets it up for a page, and nothing more. */
export const bundlers: Readonly<Record<string, Bundler>> = {
  esbuild: async (project, entry, outdir) => {
    const entryPoints = [join(project, entry)];
    await esbuild({
      entryPoints,
      outdir,
      bundle: true,
      splitting: true,
      minify: true,
      format: "esm",
      target: "es2022",
      outExtension: { ".js": ".mjs" },
    });
  },
  rollup: async (project, entry, outdir) => {
    const bundle = await rollup({ input: join(project, entry), plugins: [nodeResolve()], onwarn: refuse });
    await bundle.write({
      dir: outdir,
      format: "es",
      entryFileNames: "[name].mjs",
      chunkFileNames: "[name]-[hash].mjs",
    });
  },
  vite: async (project, entry, outdir) => {
    await vite({
      root: project,
      logLevel: "error",
      build: {
        outDir: outdir,
        target: "es2022",
        modulePreload: false,
        rollupOptions: {
          input: join(project, entry),
          preserveEntrySignatures: "strict",
          output: { entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" },
        },
      },
    });
  },
  webpack: (project, entry, outdir) => withWebpack("web", project, entry, outdir),
  "webpack, for a web worker": (project, entry, outdir) => withWebpack("webworker", project, entry, outdir),
};

function refuse({ message }: { message: string }): never {
  throw new Error(`rollup warns: ${message}`);
}

function withWebpack(target: string, project: string, entry: string, outdir: string): Promise<void> {
  return new Promise((resolve, reject) => {
    webpack(
      {
        mode: "production",
        target: [target, "es2022"],
        context: project,
        entry: { [entry.replace(".mjs", "")]: `./${entry}` },
        output: {
          path: outdir,
          filename: "[name].mjs",
          chunkFilename: "[name]-[contenthash].mjs",
          module: true,
          chunkFormat: "module",
          library: { type: "module" },
          publicPath: "./",
        },
        experiments: { outputModule: true },
        performance: false,
      },
      (error, stats) => {
        if (error) reject(error);
        else if (stats?.hasErrors() || stats?.hasWarnings()) reject(new Error(stats.toString("errors-warnings")));
        else resolve();
      },
    );
  });
}

/** What a bundler wrote: the file of the entry, and all of it. */
export interface Written {
  readonly entry: string;
  readonly all: string;
}

/** Reads what a bundler wrote into a folder. */
export function written(outdir: string, entry: string): Written {
  const files = readdirSync(outdir, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".mjs"));
  return {
    entry: readFileSync(join(outdir, entry), "utf8"),
    all: files.map((file) => readFileSync(join(outdir, file), "utf8")).join("\n"),
  };
}

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { repository, toRepository } from "../links.ts";
import { aliases } from "../playground/aliases.js";
import { referenceSidebar } from "../reference-sidebar.ts";

const site = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const docs = fileURLToPath(new URL("../../docs", import.meta.url));

/** A page of `docs/` by its name. */
function page(text: string, name: string) {
  if (!existsSync(`${docs}/${name}.md`)) throw new Error(`The sidebar names docs/${name}.md, which is not there.`);
  return { text, link: `/${name}` };
}

const guides = [
  {
    text: "Start",
    items: [
      page("Getting started", "start"),
      page("Where it runs", "runtimes"),
      page("Coming from Keras", "from-keras"),
      page("Coming from TensorFlow.js", "from-tfjs"),
      page("Examples", "examples"),
    ],
  },
  {
    text: "Data and tasks",
    items: [
      page("Data", "data"),
      page("Tables", "tables"),
      page("Images", "images"),
      page("Text", "text"),
      page("Time series", "time-series"),
      page("Transfer learning", "transfer"),
    ],
  },
  {
    text: "Training",
    items: [
      page("Training deep networks", "deep-networks"),
      page("What fit does", "training"),
      page("Ready configurations", "recipes"),
      page("Diagnosis", "diagnosis"),
      page("Pictures", "plots"),
      page("Reproducing a run", "reproducibility"),
      page("Several machines", "distributed"),
      page("Running workers", "deployment"),
    ],
  },
  {
    text: "Further",
    items: [
      page("Your own layers and loops", "custom"),
      page("Files", "files"),
      page("Workers", "workers"),
      page("WebGPU", "webgpu"),
      page("Performance", "performance"),
      page("Testing your code", "testing"),
      page("Writing a backend", "backends"),
    ],
  },
];

export default defineConfig({
  title: "aretejs",
  description:
    "Trains neural networks in Node, browsers, Deno, Bun and Workers: Keras 3 semantics, WASM kernels, no dependencies.",
  lang: "en",
  srcDir: docs,
  srcExclude: ["decisions/**"],
  // Where the site is served from: "/" unless the server puts it into a folder.
  base: process.env.SITE_BASE ?? "/",
  cleanUrls: true,
  // One file for what all pages share, not a copy in each.
  metaChunk: true,
  head: [["link", { rel: "icon", href: "data:," }]],
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    config: (md) => md.use(toRepository, docs),
  },
  vite: {
    build: { chunkSizeWarningLimit: 3000 },
    // The playground imports the built package, and trains in a worker made of modules.
    resolve: { alias: aliases },
    worker: { format: "es" },
    plugins: [
      // VitePress looks for Vue beside the pages, where nothing is installed.
      {
        name: "packages-of-the-site",
        enforce: "pre",
        resolveId(id, importer, { ssr }) {
          if (!/^vue(\/server-renderer)?$/.test(id)) return null;
          if (ssr) return { id, external: true };
          return importer?.startsWith(docs) ? this.resolve(id, `${site}/package.json`) : null;
        },
      },
    ],
  },
  themeConfig: {
    search: {
      provider: "local",
      options: {
        // Of the reference, names and first words are found: its tables would be most of the index.
        _render(text, env, md) {
          const html = md.render(text, env);
          const isReference = (env.relativePath as string).startsWith("reference/");
          return isReference ? (html.split("<h2")[0] as string) : html;
        },
      },
    },
    outline: [2, 3],
    nav: [
      { text: "Guides", link: "/start", activeMatch: "^/(?!reference|playground)." },
      { text: "Reference", link: "/reference/", activeMatch: "^/reference/" },
      page("Playground", "playground"),
    ],
    sidebar: { "/": guides, ...referenceSidebar(docs) },
    socialLinks: [{ icon: "github", link: repository }],
    footer: { message: "MIT licence" },
  },
});

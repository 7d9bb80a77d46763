// The reference: one page for each export of each entry of the package, as markdown that VitePress lays out. `aretejs` itself
// comes last: what a subpath exports is described there, and listed here.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const entries = Object.entries(exports)
  .filter(([, target]) => target.types !== undefined)
  .map(([name, target]) => ({ name, file: target.types.replace("./dist/", "src/").replace(".d.ts", ".ts") }))
  .sort((a, b) => Number(a.name === ".") - Number(b.name === "."));

/** Names each module of the reference as it is imported: "layers" for aretejs/layers. Folders are named so, too. */
function nameEntries(app) {
  const names = new Map(
    entries.map(({ name, file }) => [
      file.replace(/(\/index)?\.ts$/, ""),
      name === "." ? "aretejs" : name.slice(2).replace("/", "-"),
    ]),
  );
  app.converter.on("resolveEnd", ({ project }) => {
    for (const module of project.children ?? []) {
      const name = names.get(module.name);
      if (name === undefined) throw new Error(`no entry of the package is called ${module.name}`);
      module.name = name;
    }
  });
}

/** @type {Partial<import("typedoc").TypeDocOptions> & Record<string, unknown>} */
export default {
  plugin: ["typedoc-plugin-markdown", nameEntries],
  entryPoints: entries.map(({ file }) => root + file),
  tsconfig: `${root}tsconfig.json`,
  basePath: root,
  out: `${root}docs/reference`,
  readme: "none",
  name: "Reference",
  router: "member",
  entryFileName: "index",
  hidePageHeader: true,
  hideBreadcrumbs: false,
  excludePrivate: true,
  excludeInternal: true,
  excludeExternals: true,
  skipErrorChecking: true,
  disableSources: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  propertiesFormat: "table",
  typeDeclarationFormat: "table",
  githubPages: false,
  validation: false,
  logLevel: "Warn",
  treatWarningsAsErrors: true,
};

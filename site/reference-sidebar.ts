// The sidebar of the reference: all entries of the package, and the exports of the one whose page is shown.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { DefaultTheme } from "vitepress";

type Item = DefaultTheme.SidebarItem;

/** In what order kinds of exports come; others follow. */
const order = ["functions", "classes", "variables", "interfaces", "type-aliases"];
const titles: Readonly<Record<string, string>> = { "type-aliases": "Types", variables: "Constants" };

const folders = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

/** The exports of one entry, by kind. */
function exportsOf(dir: string, link: string): Item[] {
  return folders(dir)
    .filter((kind) => kind !== "namespaces")
    .sort((a, b) => (order.indexOf(a) + 1 || 9) - (order.indexOf(b) + 1 || 9))
    .map((kind) => ({
      text: titles[kind] ?? (kind[0] as string).toUpperCase() + kind.slice(1),
      collapsed: false,
      items: readdirSync(join(dir, kind))
        .map((file) => file.replace(".md", ""))
        .sort((a, b) => a.localeCompare(b))
        .map((name) => ({ text: name, link: `${link}/${kind}/${name}` })),
    }));
}

/** One sidebar for each entry, so that a page holds the links of its entry only. */
export function referenceSidebar(docs: string): DefaultTheme.SidebarMulti {
  const root = join(docs, "reference");
  if (!existsSync(root)) return {};
  const entries = folders(root).sort((a, b) => Number(b === "aretejs") - Number(a === "aretejs") || a.localeCompare(b));
  const title = (entry: string) => (entry === "aretejs" ? entry : `aretejs/${entry.replace("backends-", "backends/")}`);
  const all = (shown?: string): Item[] => [
    { text: "Entries", items: entries.map((entry) => ({ text: title(entry), link: `/reference/${entry}/` })) },
    ...(shown === undefined ? [] : exportsOf(join(root, shown), `/reference/${shown}`)),
  ];
  return Object.fromEntries([
    ["/reference/", all()],
    ...entries.map((entry) => [`/reference/${entry}/`, all(entry)] as const),
  ]);
}

// Links of pages in docs/ to files that are no pages (examples, decisions, source) lead to the repository.
import { existsSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { MarkdownRenderer } from "vitepress";
import { addressOf } from "../scripts/check-links.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The address of the repository, which stands in package.json and nowhere else. */
export const repository: string = addressOf(JSON.parse(readFileSync(`${root}package.json`, "utf8")));

/** A plugin of markdown-it that rewrites such links. `docs` is the folder of the pages. */
export function toRepository(md: MarkdownRenderer, docs: string): void {
  md.core.ruler.after("inline", "repository-links", ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === "link_open" ? token.attrGet("href") : null;
      if (href === null || /^(#|\/|[a-z]+:)/.test(href)) continue;
      const [path = "", hash] = href.split("#");
      const file = resolve(docs, dirname(env.relativePath as string), path);
      const inDocs = relative(docs, file);
      if (!inDocs.startsWith("..") && !inDocs.startsWith("decisions")) continue;
      const kind = existsSync(file) && !/\.\w+$/.test(file) ? "tree" : "blob";
      token.attrSet("href", `${repository}/${kind}/main/${relative(root, file)}${hash ? `#${hash}` : ""}`);
    }
  });
}

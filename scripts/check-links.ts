// Links of the pages: whether they lead to files and headings that are there.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** The address of the repository that package.json names, as browsers open it. */
export const addressOf = ({ repository }: { repository: { url: string } }): string =>
  repository.url.replace(/^git\+|\.git$/g, "");

/** Blocks of code. */
const fences = /^ *(`{3,})[\s\S]*?^ *\1 *$/gm;

/** The anchors of a page: what GitHub makes of its headings. */
export function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  const text = page.replaceAll(fences, "");
  for (const [, heading = ""] of text.matchAll(/^#{1,6} +(.+)$/gm)) {
    const words = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(/\s/g, "-");
    let anchor = words;
    for (let again = 1; anchors.has(anchor); again++) anchor = `${words}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The links and pictures of a page, without those in code. */
export function linksOf(page: string): { target: string; line: number }[] {
  const blank = (code: string) => code.replaceAll(/[^\n]/g, "");
  const text = page
    .replaceAll(fences, blank)
    .replaceAll(/<!--[\s\S]*?-->/g, blank)
    .replaceAll(/`[^`\n]*`/g, (code) => "`".repeat(code.length));
  const found = [
    ...text.matchAll(/\]\(([^()\s]+)\)/g),
    ...text.matchAll(/^ +link: (\S+)$/gm),
    ...text.matchAll(/\b(?:src|href)="([^"]+)"/g),
  ];
  return found.map((match) => ({
    target: match[1] as string,
    line: text.slice(0, match.index).split("\n").length,
  }));
}

/** What links of a page are held against. */
export interface LinkRules {
  /** The folder of the repository. */
  readonly root: string;
  /** The address of the repository; links to its files are followed in the checkout. */
  readonly repository: string;
  /** Whether every link must be absolute, as on a page that npm shows. */
  readonly isAbsolute?: boolean;
}

/** Faults of the links of one page, with its path and line. Links to other addresses are not followed. */
export function linkFaults(path: string, text: string, { root, repository, isAbsolute = false }: LinkRules): string[] {
  const faults: string[] = [];
  for (const { target, line } of linksOf(text)) {
    const fault = (what: string) => faults.push(`${path}:${line}: ${target} ${what}`);
    const [address = "", anchor] = target.split("#") as [string, string | undefined];
    let file: string;
    if (/^[a-z]+:/.test(address)) {
      const ours = address.match(/^https:\/\/github\.com\/[^/]+\/aretejs\b(?:\/(?:blob|tree)\/main\/(.+))?/);
      if (!ours) continue;
      if (!address.startsWith(repository)) {
        fault(`is not in ${repository}`);
        continue;
      }
      if (ours[1] === undefined) continue;
      file = join(root, ours[1]);
    } else {
      if (isAbsolute && address !== "") fault("must be absolute");
      // Links of the site begin with a slash; the reference is made by its build.
      if (address.startsWith("/reference/")) continue;
      file = address.startsWith("/")
        ? join(root, "docs", `${address.slice(1)}.md`)
        : address === ""
          ? join(root, path)
          : resolve(root, dirname(path), address);
    }
    if (!existsSync(file) || relative(root, file).startsWith("..")) fault("is not there");
    else if (anchor !== undefined && statSync(file).isFile() && !anchorsOf(readFileSync(file, "utf8")).has(anchor))
      fault("has no such heading");
  }
  return faults;
}

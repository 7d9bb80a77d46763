/**
 * The code of a page of documentation, as modules that can be compiled and run.
 *
 * Every fenced block of `ts` or `js` counts. The blocks of a page are one module, in their order; a line of it is the
 * line of the page, so that errors name both. Words behind the language change that:
 *
 * - `new`: this block and those after it are another module.
 * - `compile`: the block is compiled and not run: it needs a browser, a network or a package that is not installed
 *   here.
 * - `[Title]`: the title of a tab, of VitePress's code groups.
 * - `file=NAME`: the block is a file of that name beside the modules, which they may import.
 *
 * Two more kinds of text count:
 *
 * - a `text output` block: what the module has printed since the last one, where `…` stands for anything;
 * - a comment `<!-- code … -->`, which readers do not see: data that the page takes as given, and checks of its
 *   results. With `<!-- code new` it starts a module.
 */

/** The languages that blocks may have. */
const LANGUAGES = ["ts", "js", "vue", "html", "css", "sh", "json", "toml", "yaml", "ini", "text", "python", "csv"];

/** One module of a page. */
export interface PageModule {
  /** The page's path, and where it has several modules the line at which this one starts. */
  readonly name: string;
  readonly language: "ts" | "js";
  /** Its code; its lines are those of the page. */
  readonly code: string;
  /** Whether it is run, other than compiled only. */
  readonly run: boolean;
  /** How many blocks of the page are in it. */
  readonly blocks: number;
  /** What it must print, part by part. */
  readonly outputs: readonly { readonly line: number; readonly text: string }[];
}

/** What a page has. */
export interface PageCode {
  readonly modules: readonly PageModule[];
  /** Files that blocks are, by their names. */
  readonly files: Readonly<Record<string, string>>;
}

/** Ends a part of what a module prints. */
export const partEnd = "\u0001";

interface Block {
  /** Line of the opening fence, from 0. */
  readonly start: number;
  readonly language: string;
  readonly words: readonly string[];
  readonly lines: readonly string[];
}

/** The blocks and code comments of a page. @throws Error on a block without an end or a known language. */
function blocksOf(page: string, text: string): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  for (let start = 0; start < lines.length; start++) {
    const line = lines[start] as string;
    const fence = line.match(/^ *(`{3,})(.*)$/);
    const isComment = /^<!-- code( new)?$/.test(line.trim());
    if (!fence && !isComment) continue;
    const end = lines.findIndex((other, at) => at > start && other.trim() === (isComment ? "-->" : fence?.[1]));
    if (end < 0) throw new Error(`${page}:${start + 1}: the block has no end.`);
    const [language = "", ...words] = (
      isComment ? line.trim().replace("<!-- code", "comment") : (fence?.[2] ?? "").trim()
    ).split(/\s+/);
    if (!isComment && !LANGUAGES.includes(language))
      throw new Error(`${page}:${start + 1}: the language must be one of ${LANGUAGES.join(", ")}, not "${language}".`);
    const known = language === "text" ? /^output$/ : /^(new|compile|file=\S+|\[\S+\])$/;
    const unknown = words.find((word) => !known.test(word));
    if (unknown !== undefined && ["ts", "js", "text"].includes(language))
      throw new Error(`${page}:${start + 1}: "${unknown}" is no word for a block of ${language}.`);
    blocks.push({ start, language, words, lines: lines.slice(start + 1, end) });
    start = end;
  }
  return blocks;
}

const isCode = ({ language }: Block) => language === "ts" || language === "js";
const isOutput = ({ language, words }: Block) => language === "text" && words.includes("output");

/**
 * The lines of a block that stand in a function, where imports have to be expressions: what the block imports need not
 * be installed.
 */
const withinFunction = (lines: readonly string[]): string[] =>
  lines.map((line) =>
    line
      .replace(/^import \* as (\w+) from ("[^"]+");?/, "const $1 = await import($2);")
      .replace(/^import (\w+) from ("[^"]+");?/, "const { default: $1 } = await import($2);")
      .replace(
        /^import (\{[^}]+\}) from ("[^"]+");?/,
        (_, names: string, from: string) => `const ${names.replaceAll(/ as /g, ": ")} = await import(${from});`,
      ),
  );

/**
 * The texts of those blocks of a page that are in one of the languages, in their order. `comment` stands for code that
 * readers do not see.
 * @throws Error as `codeOf`.
 */
export const textsOf = (page: string, text: string, ...languages: readonly string[]): string[] =>
  blocksOf(page, text)
    .filter(({ language }) => languages.includes(language))
    .map(({ lines }) => lines.join("\n"));

/** One module of the blocks that belong together. */
function moduleOf(name: string, blocks: readonly Block[], length: number): PageModule {
  const code = blocks.filter(isCode);
  const run = code.some(({ words }) => !words.includes("compile"));
  const lines: string[] = new Array(length).fill("");
  const outputs: { line: number; text: string }[] = [];
  for (const block of blocks) {
    const { start, words, lines: own } = block;
    const end = start + own.length + 1;
    if (isOutput(block)) {
      lines[start] = `console.log(${JSON.stringify(partEnd)});`;
      outputs.push({ line: start + 1, text: own.join("\n") });
      continue;
    }
    const apart = run && words.includes("compile");
    lines.splice(start + 1, own.length, ...(apart ? withinFunction(own) : own));
    if (!apart) continue;
    lines[start] = `export async function compiled${start}() {`;
    lines[end] = "}";
  }
  const language = code.every(({ language }) => language === "js") ? "js" : "ts";
  return { name, language, code: `${lines.join("\n")}\nexport {};\n`, run, blocks: code.length, outputs };
}

/** The code of a page. @throws Error on blocks whose words or languages are not known. */
export function codeOf(page: string, text: string): PageCode {
  const all = blocksOf(page, text);
  const files: Record<string, string> = {};
  const groups: Block[][] = [[]];
  for (const block of all) {
    const file = isCode(block) && block.words.find((word) => word.startsWith("file="));
    if (file) files[file.slice("file=".length)] = `${block.lines.join("\n")}\n`;
    else if (isCode(block) || isOutput(block) || block.language === "comment") {
      if (block.words.includes("new") && groups.at(-1)?.some(isCode)) groups.push([]);
      groups.at(-1)?.push(block);
    }
  }
  const length = text.split("\n").length;
  const modules = groups
    .filter((blocks) => blocks.some(isCode))
    .map((blocks, at) => moduleOf(at === 0 ? page : `${page}:${(blocks[0] as Block).start + 1}`, blocks, length));
  return { modules, files };
}

/** Whether what was printed is what the page says; `…` stands for anything. */
export function isPrinted(expected: string, printed: string): boolean {
  const parts = expected.trim().split("…");
  const pattern = parts.map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("[\\s\\S]*?");
  return new RegExp(`^${pattern}$`).test(printed.trim());
}

import { describe, expect, it } from "vitest";
import { codeOf, isPrinted, textsOf } from "../package/code-blocks.ts";

const page = (...lines: string[]) => lines.join("\n");

describe("the code of a page", () => {
  it("is one module whose lines are those of the page", () => {
    const { modules } = codeOf("p.md", page("# A", "```ts", "const a = 1;", "```", "text", "```ts", "a;", "```"));
    expect(modules).toHaveLength(1);
    expect(modules[0]).toMatchObject({ language: "ts", run: true, blocks: 2 });
    expect(modules[0]?.code.split("\n").slice(0, 8)).toEqual(["", "", "const a = 1;", "", "", "", "a;", ""]);
  });

  it("has hidden code, new modules and files where the page says so", () => {
    const text = page("<!-- code", "const x = 1;", "-->", "```js", "x;", "```", "```ts new file=w.ts", "w;", "```");
    expect(codeOf("p.md", text).files).toEqual({ "w.ts": "w;\n" });
    const { modules } = codeOf("p.md", page(text, "```js new compile", "y;", "```"));
    expect(modules.map(({ name, language, run }) => [name, language, run])).toEqual([
      ["p.md", "js", true],
      ["p.md:10", "js", false],
    ]);
    expect(modules[0]?.code).toContain("const x = 1;");
    expect(textsOf("p.md", text, "js")).toEqual(["x;"]);
    expect(textsOf("p.md", text, "ts", "comment")).toEqual(["const x = 1;", "w;"]);
  });

  it("puts what is only compiled into a function that nothing calls, with its imports", () => {
    const text = page("```js", "go();", "```", "```js compile", 'import { a as b } from "elsewhere";', "b();", "```");
    expect(codeOf("p.md", text).modules[0]?.code.split("\n").slice(3, 7)).toEqual([
      "export async function compiled3() {",
      'const { a: b } = await import("elsewhere");',
      "b();",
      "}",
    ]);
  });

  it("refuses blocks without an end, languages and words that it does not know", () => {
    expect(() => codeOf("p.md", page("", "```ts", "a"))).toThrow("p.md:2: the block has no end.");
    expect(() => codeOf("p.md", page("```", "a", "```"))).toThrow("p.md:1: the language must be one of ts, js");
    expect(() => codeOf("p.md", page("```ts skip", "a", "```"))).toThrow(
      'p.md:1: "skip" is no word for a block of ts.',
    );
  });

  it("holds printed text against what the page says", () => {
    const text = page("```js", "console.log(1);", "```", "```text output", "1", "```");
    expect(codeOf("p.md", text).modules[0]?.outputs).toEqual([{ line: 4, text: "1" }]);
    expect(isPrinted("loss … (a+b)\n…\nend", "loss 0.5 (a+b)\n1\n2\nend\n")).toBe(true);
    expect(isPrinted("loss 0.5", "loss 0.6")).toBe(false);
    expect(isPrinted("loss 0.5", "loss 0.5 and more")).toBe(false);
  });
});

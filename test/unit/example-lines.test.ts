import { describe, expect, it } from "vitest";
import { codeLines, examplesPage, linesOf, programs } from "../../scripts/example-lines.ts";

describe("the lines of examples", () => {
  it("are those that have code", () => {
    expect(codeLines("/** Text. */\n\nconst a = 1; // one\n// two\nconst b = `\n\n`;\n")).toBe(4);
    expect(codeLines("/*\n a\n*/ f(\n  // b\n  1,\n);\n")).toBe(3);
  });

  it.each(programs.flatMap((program) => (program.keras ? [[program.title, program] as const] : [])))(
    "%s: at most a fifth more than Keras's",
    (_, program) => {
      const { ours, keras = 0 } = linesOf(program);
      expect(ours).toBeGreaterThan(10);
      expect(ours).toBeLessThanOrEqual(1.2 * keras);
    },
  );

  it("are in the table of docs/examples.md as they are now", () => {
    const { text, made } = examplesPage();
    expect(text).toBe(made);
  });
});

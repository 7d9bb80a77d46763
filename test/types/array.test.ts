import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, expectTypeOf, it } from "vitest";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { textsOf } from "../package/code-blocks.ts";

const root = new URL("../..", import.meta.url).pathname;

/** Parsed files, for both programs. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** What TypeScript says to an application's code, in strict mode. */
function complaints(code: string, noUncheckedIndexedAccess: boolean): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noUncheckedIndexedAccess,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    lib: ["lib.es2023.d.ts"],
    types: [],
    paths: { aretejs: [join(root, "src/index.ts")] },
  };
  const file = join(root, "test/types/application.ts");
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, language) => {
    if (name === file) return ts.createSourceFile(name, code, language);
    if (!parsed.has(name)) parsed.set(name, read(name, language));
    return parsed.get(name);
  };
  const program = ts.createProgram([file], options, host);
  return program
    .getSemanticDiagnostics(program.getSourceFile(file))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
}

describe("the type of array()", () => {
  it("is that of a matrix unless told, and any rank when told", async () => {
    const matrix = tensor([[1, 2]]);
    const p = await matrix.array<number[][]>();
    expectTypeOf(p).toEqualTypeOf<number[][]>();
    const [[first]] = await matrix.array();
    expectTypeOf(first).toEqualTypeOf<number>();
    expectTypeOf((await matrix.array())[0][0]).toEqualTypeOf<number>();
    expectTypeOf(await tensor(1).array<number>()).toEqualTypeOf<number>();
    // @ts-expect-error Only nested arrays of numbers come out.
    const texts = matrix.array<string[]>();
    expect([p, first, await texts]).toEqual([[[1, 2]], 1, [[1, 2]]]);
  });

  it.each([true, false])("lets the documentation's samples compile, with noUncheckedIndexedAccess %s", (isChecked) => {
    const page = readFileSync(join(root, "docs/runtimes.md"), "utf8");
    const sample = textsOf("docs/runtimes.md", page, "js").find((code) => code.includes(".array()"));
    expect(sample).toContain("const [[sum]] = await");
    const own = `import type { Tensor } from "aretejs";
      declare const console: { log(value: unknown): void };
      declare const t: Tensor;
      const p = await t.array<number[][]>();
      export const n: number | undefined = p[0]?.[0];
      // @ts-expect-error A list is no number.
      export const wrong: number = await t.array<number[]>();`;
    expect(complaints(`${own}\n${sample}`, isChecked)).toEqual([]);
  });
});

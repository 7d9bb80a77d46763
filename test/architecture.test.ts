import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findCycle, importsOf, longLines, sourceFiles, undocumentedExports, valueGraph } from "./source-graph.ts";

/**
 * The floors of the source tree (design §3). Imports that run when a file is loaded go down, or sideways in one
 * direction only.
 */
const FLOORS: Readonly<Record<string, number>> = {
  "errors.ts": 0,
  "name-registry.ts": 0,
  "format.ts": 0,
  "options.ts": 0,
  "checks.ts": 0,
  "settle.ts": 0,
  ir: 1,
  tensor: 2,
  compiler: 3,
  backends: 4,
  regularize: 5,
  optim: 5,
  data: 5,
  nn: 6,
  plot: 6,
  train: 7,
  io: 8,
  testing: 8,
  distributed: 9,
  "core.ts": 9,
  "augmentation-entry.ts": 9,
  "data-entry.ts": 9,
  "namespaces.ts": 9,
  "optimizers.ts": 9,
  "index.ts": 10,
};

/**
 * The one exception: a tensor that is asked for its numbers, and a variable that has no place yet, have to find a
 * backend. They import it when they are asked, not when they are loaded.
 */
const EXCEPTIONS = ["src/tensor/tensor.ts", "src/tensor/variable.ts"];
const EXCEPTION_TARGET = "src/backends/evaluate.ts";

const root = new URL("..", import.meta.url).pathname;
const files = sourceFiles(root, "src");
/** Imports that run when a file is loaded, and those that run on demand, but for the exception. */
const graph = valueGraph(root, files, { dynamic: true });
const exceptional = [...graph].flatMap(([file, targets]) => {
  const isAllowed = EXCEPTIONS.includes(file) && targets.includes(EXCEPTION_TARGET);
  if (isAllowed)
    graph.set(
      file,
      targets.filter((target) => target !== EXCEPTION_TARGET),
    );
  return isAllowed ? [file] : [];
});

/** `src/tensor/ops/leaf.ts` lives in `tensor`. */
const homeOf = (file: string) => file.split("/")[1] as string;

describe("the source tree", () => {
  it("has a floor for everything in src", () => {
    expect([...new Set(files.map(homeOf))].filter((home) => !(home in FLOORS))).toEqual([]);
  });

  it("imports upwards only where a tensor or a variable is asked for its numbers", () => {
    expect(exceptional).toEqual(EXCEPTIONS);
    const loaded = valueGraph(root, EXCEPTIONS);
    for (const file of EXCEPTIONS) expect(loaded.get(file)).not.toContain(EXCEPTION_TARGET);
  });

  it("imports downwards only, on demand as well", () => {
    const upwards = [...graph].flatMap(([file, targets]) =>
      targets
        .filter((target) => (FLOORS[homeOf(target)] as number) > (FLOORS[homeOf(file)] as number))
        .map((target) => `${file} → ${target}`),
    );
    expect(upwards).toEqual([]);
  });

  it("has no cycle between folders, also not between those of one floor", () => {
    const homes = new Map(Object.keys(FLOORS).map((home) => [home, [] as string[]]));
    for (const [file, targets] of graph) {
      for (const target of targets) if (homeOf(target) !== homeOf(file)) homes.get(homeOf(file))?.push(homeOf(target));
    }
    expect(findCycle(homes)).toBeUndefined();
  });

  it("has no cycle between files", () => {
    expect(findCycle(graph)).toBeUndefined();
  });

  it("imports nothing from outside: no package, nothing of Node's", () => {
    const outside = files.flatMap((file) =>
      importsOf(readFileSync(join(root, file), "utf8"), file)
        .filter(({ specifier }) => !specifier.startsWith("."))
        .map(({ specifier }) => `${file} → ${specifier}`),
    );
    expect(outside).toEqual([]);
  });

  it("computes on the host with what gives equal bits on every engine", () => {
    // The js backend is the reference, not portable to the bit; charts and tables are for the eye.
    const free = /^src\/(backends\/js\/|testing\/|tensor\/numeric\.ts$|plot\/|nn\/summary\.ts$)/;
    const unlike = /Math\.(a?(sin|cos|tan)h?|atan2|exp|expm1|log|log1p|log2|log10|pow|cbrt|hypot)\b|(?<!\b2 )\*\* /;
    const code = (file: string) => readFileSync(join(root, file), "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    expect(files.filter((file) => !free.test(file) && unlike.test(code(file)))).toEqual([]);
  });

  it("has no file over 400 lines, and no test over 500", () => {
    const long = ["src", "assembly", "scripts", "bench", "examples", "test"]
      .filter((folder) => existsSync(join(root, folder)))
      .flatMap((folder) => sourceFiles(root, folder))
      .map((file) => ({ file, lines: readFileSync(join(root, file), "utf8").split("\n").length - 1 }))
      .filter(({ file, lines }) => lines > (file.startsWith("test/") ? 500 : 400));
    expect(long).toEqual([]);
  });

  it("has no line over 120 columns, but where a literal cannot be broken", () => {
    const long = ["src", "assembly", "scripts", "bench", "examples", "test"]
      .filter((folder) => existsSync(join(root, folder)))
      .flatMap((folder) => sourceFiles(root, folder))
      .flatMap((file) => longLines(readFileSync(join(root, file), "utf8"), 120, file).map((line) => `${file}:${line}`));
    expect(long).toEqual([]);
  });

  it("documents every export of every entry of the package", () => {
    const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const entries = Object.values<string | { types?: string }>(exports).flatMap((target) =>
      typeof target === "object" && target.types
        ? [target.types.replace("./dist/", "src/").replace(".d.ts", ".ts")]
        : [],
    );
    expect(entries.length).toBeGreaterThan(8);
    expect(undocumentedExports(root, entries)).toEqual([]);
  });

  it("tests each of the twelve mistakes that a rival ships, by name", () => {
    const text = ["unit", "property"]
      .flatMap((folder) => readdirSync(join(root, "test", folder)).map((name) => join(root, "test", folder, name)))
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => readFileSync(file, "utf8"))
      .join("");
    for (let mistake = 1; mistake <= 12; mistake++)
      expect(text).toMatch(new RegExp(`(describe|it)\\(["\`][^"\`]*tfjs mistake ${mistake}\\b`));
  });

  it("has no runtime dependencies and nothing that runs at installation", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    for (const kind of ["dependencies", "optionalDependencies", "bundledDependencies"])
      expect(manifest).not.toHaveProperty(kind);
    // Nobody has to install a peer, and nothing imports one: `aretejs/testing` is handed fast-check by who has it.
    expect(Object.keys(manifest.peerDependencies)).toEqual(["fast-check"]);
    expect(manifest.peerDependenciesMeta).toEqual({ "fast-check": { optional: true } });
    for (const hook of ["preinstall", "install", "postinstall"]) expect(manifest.scripts).not.toHaveProperty(hook);
    expect(manifest.sideEffects).toBe(false);
  });
});

describe("these checks", () => {
  it("tell the kinds of imports apart", () => {
    const text = `
      import a from "./a.ts"; import { b, type B } from "./b.ts"; import "./c.ts"; import { type D } from "./d.ts"; import * as e from "./e.ts";
      import type { F } from "./f.ts"; export type { G } from "./g.ts"; type H = import("./h.ts").H;
      export { i } from "./i.ts"; export * from "./j.ts"; const k = await import("./k.ts"); const l = "import m from './m.ts'"; // import n from "./n.ts"`;
    const imports = importsOf(text);
    const names = (wanted: string) =>
      imports.flatMap(({ specifier, kind }) => (kind === wanted ? [specifier.slice(2, 3)] : [])).join("");
    expect([names("value"), names("type"), names("dynamic")]).toEqual(["abcdeij", "fgh", "k"]);
  });

  it("find long lines, and let literals pass", () => {
    const long = "x".repeat(130);
    const text = `const a = 1; // ${long}\nconst b = "${long}";\nconst c = \`${long}\n${long}\`;\nconst d = ${long};\n`;
    expect(longLines(text, 120)).toEqual([1, 5]);
  });

  it("find cycles", () => {
    const chain = (...edges: [string, string[]][]) => findCycle(new Map(edges));
    expect(chain(["a", ["b", "c"]], ["b", ["d"]], ["c", ["d"]], ["d", []])).toBeUndefined();
    expect(chain(["a", ["b"]], ["b", ["c"]], ["c", ["b"]])).toEqual(["b", "c", "b"]);
    expect(chain(["a", ["a"]])).toEqual(["a", "a"]);
  });

  it("find exports without a docstring, also behind a re-export", () => {
    const folder = mkdtempSync(join(tmpdir(), "aretejs-docs-"));
    try {
      writeFileSync(
        join(folder, "tsconfig.json"),
        JSON.stringify({ compilerOptions: { allowImportingTsExtensions: true, noEmit: true } }),
      );
      writeFileSync(
        join(folder, "inner.ts"),
        "/** Documented. */\nexport const a = 1;\nexport const b = 2;\n/** Documented. */\nexport interface C {}\nexport type D = 1;",
      );
      writeFileSync(
        join(folder, "index.ts"),
        'export { a, b } from "./inner.ts"; export type { C, D } from "./inner.ts"; export * as inner from "./inner.ts";',
      );
      expect(undocumentedExports(folder, ["index.ts"])).toEqual(["b", "D", "inner.b", "inner.D"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

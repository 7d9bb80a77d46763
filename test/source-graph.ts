import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

/** One import of a file: `value` where it makes code run when the file is loaded. */
export interface Import {
  readonly specifier: string;
  readonly kind: "value" | "type" | "dynamic";
}

/** All imports and re-exports of a source text, read by the TypeScript parser. */
export function importsOf(text: string, fileName = "file.ts"): Import[] {
  const imports: Import[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      // `import { type A }` still loads the module (verbatimModuleSyntax); only `import type` does not.
      imports.push({ specifier: textOf(node.moduleSpecifier), kind: node.importClause?.isTypeOnly ? "type" : "value" });
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      imports.push({ specifier: textOf(node.moduleSpecifier), kind: node.isTypeOnly ? "type" : "value" });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && node.arguments[0]) {
      imports.push({ specifier: textOf(node.arguments[0]), kind: "dynamic" });
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      imports.push({ specifier: textOf(node.argument.literal), kind: "type" });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(fileName, text, ts.ScriptTarget.ES2022, true));
  return imports;
}

const textOf = (node: ts.Node) => (ts.isStringLiteralLike(node) ? node.text : node.getText());

/** Every TypeScript file under a folder, as paths relative to `root`; what scripts write is left out. */
export function sourceFiles(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !/(^|\/)(generated|node_modules|dist)\//.test(path))
    .sort();
}

/** For each file, the files that loading it loads; with `dynamic`, also those that it loads when it runs. */
export function valueGraph(
  root: string,
  files: readonly string[],
  { dynamic = false }: { dynamic?: boolean } = {},
): Map<string, string[]> {
  return new Map(
    files.map((file) => [
      file,
      importsOf(readFileSync(join(root, file), "utf8"), file)
        .filter(
          ({ specifier, kind }) => specifier.startsWith(".") && (kind === "value" || (dynamic && kind !== "type")),
        )
        // Entry files import each other by their names in the package.
        .map(({ specifier }) => join(dirname(file), specifier.replace(/\.js$/, ".ts"))),
    ]),
  );
}

/** A cycle of the graph, its first node again at the end; undefined where there is none. */
export function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] | undefined => {
    if (finished.has(node)) return undefined;
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    path.push(node);
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    path.pop();
    finished.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node);
    if (cycle) return cycle;
  }
  return undefined;
}

/** The exports of modules, those of their namespaces included, that have no docstring. */
export function undocumentedExports(root: string, entries: readonly string[]): string[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: entries }, ts.sys, root);
  const program = ts.createProgram(
    entries.map((file) => join(root, file)),
    options,
  );
  const checker = program.getTypeChecker();
  // `export * as losses from …`: what counts is what the namespace holds.
  const undocumented = (holder: ts.Symbol, prefix: string): string[] =>
    checker.getExportsOfModule(holder).flatMap((symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      if (target.flags & ts.SymbolFlags.ValueModule) return undocumented(target, `${prefix}${symbol.name}.`);
      return target.getDocumentationComment(checker).length === 0 ? [prefix + symbol.name] : [];
    });
  const found = entries.flatMap((file) => {
    const source = program.getSourceFile(join(root, file));
    // A file without imports and exports is not a module.
    const module = source && checker.getSymbolAtLocation(source);
    return module ? undocumented(module, "") : [];
  });
  return [...new Set(found)];
}

/** The nodes that can be reached from some nodes, these included. */
export function reachable(graph: ReadonlyMap<string, readonly string[]>, from: readonly string[]): Set<string> {
  // A set that grows while it is gone through.
  const reached = new Set(from);
  for (const node of reached) for (const next of graph.get(node) ?? []) reached.add(next);
  return reached;
}

/** Lines of a file that are longer than `columns`, what stands in string and template literals not counted. */
export function longLines(text: string, columns: number, fileName = "file.ts"): number[] {
  const lines = text.split("\n");
  if (lines.every((line) => line.length <= columns)) return [];
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.ES2022, true);
  const literal = new Array<number>(lines.length).fill(0);
  const count = (node: ts.Node) => {
    const from = source.getLineAndCharacterOfPosition(node.getStart(source));
    const to = source.getLineAndCharacterOfPosition(node.end);
    for (let line = from.line; line <= to.line; line++) {
      const start = line === from.line ? from.character : 0;
      const end = line === to.line ? to.character : (lines[line] as string).length;
      literal[line] = (literal[line] as number) + end - start;
    }
  };
  const visit = (node: ts.Node): void => {
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || ts.isRegularExpressionLiteral(node);
    if (isText) count(node);
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return lines.flatMap((line, index) => (line.length - (literal[index] as number) > columns ? [index + 1] : []));
}

// Which options of the package have no words: what an editor shows when one hovers over them.
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What a check of the declarations found. */
export interface Documented {
  /** How many exports and options were looked at. */
  readonly exports: number;
  readonly options: number;
  /** Exports and options without words, as "Interface.option (file)". */
  readonly missing: readonly string[];
}

/**
 * Walks what the entries export. Every export must have a docstring, and every property of an object that a function
 * or a constructor takes as its options: of each interface or type whose name ends in Options, and of unnamed ones.
 * @param entries paths from the root.
 */
export function documentedOptions(entries: readonly string[]): Documented {
  const config = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const files = entries.map((entry) => `${root}${entry}`);
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();
  const seen = new Set<ts.Type>();
  const seenExports = new Set<ts.Symbol>();
  const missing = new Set<string>();
  let counted = 0;

  const fileOf = (symbol: ts.Symbol) => symbol.declarations?.[0]?.getSourceFile().fileName.replace(root, "") ?? "";
  const isOurs = (symbol: ts.Symbol | undefined) => symbol !== undefined && /^(src\/|<)/.test(fileOf(symbol));
  const hasWords = (symbol: ts.Symbol) => symbol.getDocumentationComment(checker).length > 0;

  /** The properties of an options object, those of its parts included. */
  const visit = (type: ts.Type, owner: string): void => {
    if (type.isUnionOrIntersection()) {
      for (const part of type.types) visit(part, owner);
      return;
    }
    const symbol = type.aliasSymbol ?? type.symbol;
    if (!(type.flags & ts.TypeFlags.Object) || seen.has(type) || !isOurs(symbol)) return;
    const isNamed = symbol.name !== "__type" && symbol.name !== "__object";
    if ((isNamed && !/Options$/.test(symbol.name)) || type.getCallSignatures().length > 0) return;
    seen.add(type);
    for (const property of type.getProperties().filter(isOurs)) {
      counted++;
      if (!hasWords(property)) missing.add(`${isNamed ? symbol.name : owner}.${property.name} (${fileOf(property)})`);
    }
  };

  const visitExport = (symbol: ts.Symbol): void => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    if (seenExports.has(target)) return;
    seenExports.add(target);
    if (target.flags & ts.SymbolFlags.Module && target.flags & ts.SymbolFlags.ValueModule) {
      for (const inner of checker.getExportsOfModule(target)) visitExport(inner);
      return;
    }
    if (!hasWords(target) && !hasWords(symbol)) missing.add(`${symbol.name} (${fileOf(target)})`);
    const declaration = target.declarations?.[0];
    if (declaration === undefined) return;
    if (target.flags & ts.SymbolFlags.Value) {
      const type = checker.getTypeOfSymbolAtLocation(target, declaration);
      for (const signature of [...type.getCallSignatures(), ...type.getConstructSignatures()])
        for (const parameter of signature.getParameters())
          visit(checker.getTypeOfSymbolAtLocation(parameter, declaration), symbol.name);
    } else visit(checker.getDeclaredTypeOfSymbol(target), symbol.name);
  };

  for (const file of files) {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${file} is no module.`);
    for (const symbol of checker.getExportsOfModule(module)) visitExport(symbol);
  }
  return { exports: seenExports.size, options: counted, missing: [...missing].sort() };
}

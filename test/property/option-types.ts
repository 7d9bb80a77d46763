import ts from "typescript";

/** One option of a function's options object. */
export interface OptionFound {
  readonly name: string;
  readonly isRequired: boolean;
  /** "number", "string", "boolean", "function", "list", "object", "null": what its type holds. */
  readonly kinds: ReadonlySet<string>;
}

/** Types of parameters that are written as objects and are no options: contracts, data, and what a user implements. */
const notOptions =
  /^(Backend|HostBackend|CompiledGraph|Program|View|Loss|Metric|CallContext|Training|Compiled|Session|Source|ErrorOptions|Application|ConfusionSpec|Method|CheckedLayer|FastCheck|ScalarFunction|KernelOp|ElementwiseOp|DataGiven|HostText|Iterable|AsyncIterable|Scalars|Readonly|Map|RegExp|Placement|Partial<Limits|ConformanceHooks|OptionTable|OwnTable)\b|^\{ (readonly )?(data|kind|write)\b/;

const root = new URL("../..", import.meta.url).pathname;

/**
 * Every function, constructor and public method that the entry files export and that takes options, with the options'
 * names, by what is called.
 */
export function findOptions(entries: readonly string[]): Map<string, OptionFound[]> {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    entries.map((entry) => root + entry),
    { ...options, types: [], lib: ["lib.es2023.d.ts", "lib.dom.d.ts"] },
  );
  const checker = program.getTypeChecker();
  const found = new Map<string, OptionFound[]>();

  const visitSignatures = (name: string, signatures: readonly ts.Signature[]) => {
    for (const parameter of signatures.flatMap((signature) => signature.getParameters())) {
      const type = checker.getTypeOfSymbol(parameter);
      for (const part of type.isUnion() ? type.types : [type])
        if (isOptions(checker, part)) found.set(name, optionsOf(checker, part));
    }
  };
  const visitExports = (module: ts.Symbol, prefix: string) => {
    for (const exported of checker.getExportsOfModule(module)) {
      if (
        exported.declarations?.some((at) => ts.isExportSpecifier(at) && (at.isTypeOnly || at.parent.parent.isTypeOnly))
      )
        continue;
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const name = prefix + exported.name;
      if (symbol.flags & ts.SymbolFlags.Module) visitExports(symbol, `${name}.`);
      if (!(symbol.flags & ts.SymbolFlags.Value)) continue;
      const type = checker.getTypeOfSymbol(symbol);
      visitSignatures(name, type.getCallSignatures());
      if (!(symbol.flags & ts.SymbolFlags.Class)) continue;
      visitSignatures(`new ${name}`, type.getConstructSignatures());
      for (const member of checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
        const declaration = member.valueDeclaration;
        const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
        if (!declaration || ts.getCombinedModifierFlags(declaration) & hidden || !ts.isMethodDeclaration(declaration))
          continue;
        // Under the class that declares it, so that inherited methods count once.
        const owner = (declaration.parent as ts.ClassDeclaration).name?.text;
        visitSignatures(`${owner}#${member.name}`, checker.getTypeOfSymbol(member).getCallSignatures());
      }
    }
  };
  for (const entry of entries)
    visitExports(checker.getSymbolAtLocation(program.getSourceFile(root + entry) as ts.SourceFile) as ts.Symbol, "");
  return found;
}

function isOptions(checker: ts.TypeChecker, type: ts.Type): boolean {
  if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) || notOptions.test(checker.typeToString(type)))
    return false;
  if (
    type.getCallSignatures().length > 0 ||
    checker.isArrayType(type) ||
    checker.isTupleType(type) ||
    type.getStringIndexType() ||
    type.getNumberIndexType()
  )
    return false;
  // Arrays with their shape are data.
  if (["shape", "data"].every((name) => type.getProperty(name))) return false;
  return !type.isClass() && !(type.symbol?.flags & ts.SymbolFlags.Class) && type.getProperties().length > 0;
}

function optionsOf(checker: ts.TypeChecker, type: ts.Type): OptionFound[] {
  return checker.getPropertiesOfType(type).map((property) => ({
    name: property.name,
    isRequired: !(property.flags & ts.SymbolFlags.Optional),
    kinds: new Set(partsOf(checker.getTypeOfSymbol(property)).flatMap((part) => kindOf(checker, part))),
  }));
}

const partsOf = (type: ts.Type): readonly ts.Type[] => (type.isUnion() ? type.types.flatMap(partsOf) : [type]);

function kindOf(checker: ts.TypeChecker, type: ts.Type): string[] {
  const { flags } = type;
  if (flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)) return [];
  if (flags & ts.TypeFlags.Null) return ["null"];
  if (flags & ts.TypeFlags.NumberLike) return ["number"];
  if (flags & ts.TypeFlags.StringLike) return ["string"];
  if (flags & ts.TypeFlags.BooleanLike) return [checker.typeToString(type) === "false" ? "false" : "true"];
  if (type.getCallSignatures().length > 0) return ["function"];
  const isList =
    checker.isArrayType(type) || checker.isTupleType(type) || type.getProperty("BYTES_PER_ELEMENT") !== undefined;
  return [isList ? "list" : "object"];
}

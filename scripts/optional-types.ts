/**
 * Lets the declarations of the package say what holds of all options: undefined counts as not given. `seed?: number`
 * becomes `seed?: number | undefined`, so that applications with `exactOptionalPropertyTypes` may pass on
 * values that may be undefined (docs/decisions/0049-undefined-options.md). Part of `npm run build`, after tsc.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** A declaration file with `| undefined` behind the type of each optional property that does not have it. */
export function withUndefined(text: string): string {
  const source = ts.createSourceFile("types.d.ts", text, ts.ScriptTarget.Latest, true);
  const insertions: { at: number; text: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertySignature(node) && node.questionToken && node.type && !takesUndefined(node.type)) {
      const isOpen = ts.isFunctionTypeNode(node.type) || ts.isConditionalTypeNode(node.type);
      if (isOpen) insertions.push({ at: node.type.getStart(), text: "(" });
      insertions.push({ at: node.type.end, text: isOpen ? ") | undefined" : " | undefined" });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let changed = text;
  for (const { at, text: inserted } of insertions.sort((a, b) => b.at - a.at))
    changed = changed.slice(0, at) + inserted + changed.slice(at);
  return changed;
}

const takesUndefined = (type: ts.TypeNode): boolean =>
  type.kind === ts.SyntaxKind.UndefinedKeyword || (ts.isUnionTypeNode(type) && type.types.some(takesUndefined));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const dist = fileURLToPath(new URL("../dist", import.meta.url));
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".d.ts")) continue;
    const text = readFileSync(join(dist, name), "utf8");
    const changed = withUndefined(text);
    if (changed !== text) writeFileSync(join(dist, name), changed);
  }
}

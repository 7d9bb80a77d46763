/**
 * Mends what tsup's bundler of declarations gets wrong: a type that lies in a shared file and is exported in a
 * namespace is written as a value there, `declare const ops_Operand: typeof Operand`. Where only a type has that name,
 * it becomes `type ops_Operand = Operand`. Part of `npm run build`.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const files = readdirSync("dist", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".d.ts"))
  .map((file) => join("dist", file));
const all = files.map((file) => readFileSync(file, "utf8")).join("\n");
const isValue = (name: string) =>
  new RegExp(`^(export )?declare (const|let|var|function|(abstract )?class) ${name}\\b`, "m").test(all);
const isType = (name: string) => new RegExp(`^(export )?(declare )?(type|interface) ${name}\\b`, "m").test(all);

let mended = 0;
for (const file of files) {
  const text = readFileSync(file, "utf8");
  const right = text.replace(/^declare const (\w+): typeof (\w+);$/gm, (whole, alias: string, name: string) => {
    if (isValue(name) || !isType(name)) return whole;
    if (new RegExp(`(type|interface) ${name}<`).test(all))
      throw new Error(`scripts/mend-types.ts: ${name} has parameters, which an alias would have to repeat.`);
    mended++;
    return `type ${alias} = ${name};`;
  });
  if (right !== text) writeFileSync(file, right);
}
console.log(`${mended} types exported in namespaces mended`);

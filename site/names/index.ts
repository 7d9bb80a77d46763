/**
 * The tables of docs/from-keras.md and docs/from-tfjs.md: every name of Keras and TensorFlow.js (keras.json and tfjs.json, made
 * by scripts/keras-names.py and scripts/tfjs-names.cjs), and what it is called here. Fails where a name is not there any more
 * or a page is stale; with --write it renews the pages.
 *
 *     npx tsx site/names/index.ts [--write]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { keras } from "./keras.ts";
import { type LibraryNames, tables, withTables } from "./tables.ts";
import { tfjs } from "./tfjs.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const namesOf = (path: string) => JSON.parse(read(path)) as LibraryNames;

/** The pages, as they must be. */
export const namePages = (): { path: string; text: string; made: string }[] =>
  [
    { path: "docs/from-keras.md", made: tables("keras", keras, namesOf("./keras.json")) },
    { path: "docs/from-tfjs.md", made: tables("tf", tfjs, namesOf("./tfjs.json")) },
  ].map(({ path, made }) => {
    const text = read(`../../${path}`);
    return { path, text, made: withTables(text, made) };
  });

if (process.argv[1]?.endsWith("site/names/index.ts")) {
  for (const { path, text, made } of namePages()) {
    if (process.argv.includes("--write")) writeFileSync(new URL(`../../${path}`, import.meta.url), made);
    else if (made !== text) throw new Error(`${path} is stale. Run npx tsx site/names/index.ts --write`);
  }
}

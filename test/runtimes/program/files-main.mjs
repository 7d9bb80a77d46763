// Files in Node, Deno and Bun: by paths.
import * as io from "aretejs/io";
import { tryFiles } from "./files.mjs";

const folder = `files-of-${process.pid}`;
console.log(
  JSON.stringify(
    await tryFiles(io, {
      paths: { list: `${folder}/größe`, target: (name) => `${folder}/${name}` },
      URLs: {
        list: new URL(`${folder}/größe`, import.meta.url),
        target: (name) => new URL(`${folder}/${name}`, import.meta.url),
      },
    }),
  ),
);

// Finds a file beside another.
import { refused } from "../file-error.ts";
import { checkName } from "./locate.ts";
import type { Source } from "./store.ts";

/**
 * The source of a file that another one names by a path relative to itself, such as a shard of weights. The path comes
 * from a file that nobody has checked.
 * @throws FileError on a path that leads out of the file's folder, and where the source has no folder.
 */
export function sibling(owner: string, source: Source, path: string): Source {
  // A colon would make a URL of it.
  checkName(owner, path.includes(":") ? "" : path);
  if (typeof source === "string" || source instanceof URL) {
    const shown = String(source);
    const [address = "", query = ""] = /^https?:/i.test(shown) ? shown.split(/(?=[?#])/) : [shown];
    const beside = address.replace(/[^/\\]*$/, "") + path + query;
    return source instanceof URL ? new URL(beside) : beside;
  }
  if (typeof source === "object" && source !== null && "store" in source)
    return { store: source.store, name: source.name.replace(/[^/]*$/, "") + path };
  if (source instanceof Response && source.url) return sibling(owner, source.url, path);
  const rule = `the file beside this one cannot be found (${path})`;
  throw refused(owner, rule, "a path, a URL, or a store with a name", source);
}

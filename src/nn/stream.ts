/**
 * The random stream of a place in a model, such as "/2/kernel": FNV-1a, so that a place always has the
 * same stream and different places have different ones. Places are numbered, not named, so that building a model twice
 * in one process gives the same numbers twice.
 */
export function streamOf(path: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

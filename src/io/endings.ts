// What the name of a file says about its format.
import { refused } from "./file-error.ts";
import type { Target } from "./stores/store.ts";

/** Endings of names that are known as those of formats. */
const formats = /\.(keras|h5|hdf5|safetensors|onnx|json|bin|npz|pt|pth|ckpt|pb|tflite)$/i;

/** The name of a target, where it has one. */
export function nameOf(target: Target): string | undefined {
  if (typeof target === "string") return target;
  if (target instanceof URL) return decodeURIComponent(target.pathname);
  if (typeof target !== "object" || target === null) return undefined;
  return "name" in target && typeof target.name === "string" ? target.name : undefined;
}

/**
 * Other programs take the format from the name, so a name that says another one is refused; names that say none pass.
 * @throws FileError.
 */
export function checkEnding(owner: string, target: Target, ending: string): void {
  const name = nameOf(target);
  if (name === undefined || name.endsWith(ending) || !formats.test(name)) return;
  throw refused(owner, "the name says another format", `a name that ends in "${ending}"`, name);
}

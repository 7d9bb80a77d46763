// The check that a layer's class has the methods of layers under their right names.
import { editDistance, valueError } from "../errors.ts";
import type { Layer } from "./layer.ts";

/** By prototype, the properties of an instance that {@link checkHooks} has passed. */
const passed = /* @__PURE__ */ new WeakMap<object, string>();

/**
 * Checks the methods of a layer's class, once for each class.
 * @param base the prototype of all layers.
 * @throws ValueError where a class lacks `call`, or has a method that is named almost like one that it may override.
 */
export function checkHooks(layer: Layer, base: object): void {
  const own = new Set(Object.keys(layer));
  const prototype = Object.getPrototypeOf(layer);
  const key = [...own].join();
  if (passed.get(prototype) === key) return;
  for (let level = prototype; level !== base; level = Object.getPrototypeOf(level))
    for (const name of Object.getOwnPropertyNames(level)) own.add(name);
  for (const hook of ["build", "call", "computeMask", "indexLimit", "sublayers"]) {
    if (own.has(hook)) continue;
    const isClose = (name: string) => Math.abs(name.length - hook.length) <= 1 && editDistance(name, hook) === 1;
    const wrong = [...own].find((name) => !(name in base) && isClose(name));
    if (wrong || hook === "call")
      throw valueError(layer.label, {
        rule: `a layer's method is called ${hook}`,
        expected: hook,
        received: wrong ?? "a class without it",
      });
  }
  passed.set(prototype, key);
}

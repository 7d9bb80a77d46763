import type { Backend } from "./backend.ts";

/** Reasons of backends that lost their device. */
const reasons = /* @__PURE__ */ new WeakMap<Backend, string>();
const watched = /* @__PURE__ */ new WeakSet<Backend>();

/** From now on {@link endOf} knows when the backend loses its device. */
export function watchForLoss(backend: Backend): void {
  if (!backend.lost || watched.has(backend)) return;
  watched.add(backend);
  void backend.lost.then((reason) => reasons.set(backend, reason));
}

/** What ended a backend, so that it cannot be used any more, for messages; undefined while it can be used. */
export function endOf(backend: Backend): string | undefined {
  const reason = reasons.get(backend);
  if (reason !== undefined) return `lost its device (${backend.name}: ${reason})`;
  return backend.disposed ? "was disposed of" : undefined;
}

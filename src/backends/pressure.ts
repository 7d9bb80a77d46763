import { OutOfMemoryError } from "../errors.ts";
import { settle } from "../settle.ts";
import type { Backend } from "./backend.ts";

/** Something that holds backend memory which it can do without: caches of bound programs. */
export interface Reclaimable {
  /** Frees what is not in use on this backend; says whether anything was freed. */
  reclaim(backend: Backend): boolean;
}

const registered = /* @__PURE__ */ new Set<WeakRef<Reclaimable>>();
const collected = /* @__PURE__ */ new FinalizationRegistry<WeakRef<Reclaimable>>((reference) =>
  registered.delete(reference),
);

/** Asks `item` to free memory before a backend reports that it has none. Held weakly. */
export function registerReclaimable(item: Reclaimable): void {
  const reference = new WeakRef(item);
  registered.add(reference);
  collected.register(item, reference);
}

/**
 * Runs `act`, which changes nothing where it throws. Where the backend is out of memory, frees what nobody needs and
 * runs it again.
 */
export function withRoom<T>(backend: Backend, act: () => T | Promise<T>): T | Promise<T> {
  return settle(tryWithRoom(backend, act));
}

function* tryWithRoom<T>(backend: Backend, act: () => T | Promise<T>): Generator<unknown, T, never> {
  try {
    return yield act();
  } catch (error) {
    if (!isShortage(error)) throw error;
    return yield import("./retry-with-room.ts").then(
      ({ retryWithRoom }) => retryWithRoom(backend, act, registered, isShortage),
      () => {
        throw error;
      },
    );
  }
}

const isShortage = (error: unknown): boolean => error instanceof OutOfMemoryError;

import { OutOfMemoryError } from "../errors.ts";
import type { Backend } from "./backend.ts";

/** Something that holds backend memory which it can do without: caches of bound programs. */
export interface Reclaimable {
  /** Frees what is not in use on this backend; says whether anything was freed. */
  reclaim(backend: Backend): boolean;
}

const registered = /* @__PURE__ */ new Set<WeakRef<Reclaimable>>();
const collected = /* @__PURE__ */ new FinalizationRegistry<WeakRef<Reclaimable>>((reference) => registered.delete(reference));

/** Asks `item` to free memory before a backend reports that it has none. Held weakly. */
export function registerReclaimable(item: Reclaimable): void {
  const reference = new WeakRef(item);
  registered.add(reference);
  collected.register(item, reference);
}

/**
 * Runs `act`, which changes nothing where it throws. Where the backend is out of memory, frees what nobody needs and runs it again: first what belongs to
 * models that were dropped, then what caches hold.
 */
export async function withRoom<T>(backend: Backend, act: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      if (attempt > rounds) throw error;
      if (attempt < rounds) await encourageCollection();
      else for (const reference of registered) reference.deref()?.reclaim(backend);
      backend.trim?.();
    }
  }
}

/** How often garbage is collected before caches must give up what they hold. */
const rounds = 2;

/** Says that garbage was collected: scavenges of young objects do not count. */
const watched = /* @__PURE__ */ new FinalizationRegistry<{ isCollected: boolean }>((watch) => {
  watch.isCollected = true;
});

/** Turns of the event loop, and milliseconds, after which no collection is to be expected. */
const mostTurns = 100;
const mostTime = 2000;

/**
 * A garbage collector does not see how full linear memory is, but it counts the bytes of array buffers: a few large ones, never touched, make it run. Finalizers
 * run between tasks. Measured in Node 20: 3 to 5 turns, 5 to 25 ms.
 */
async function encourageCollection(): Promise<void> {
  const watch = { isCollected: false };
  watched.register({}, watch);
  const end = Date.now() + mostTime;
  let turnsAfter = 2;
  for (let turn = 0; turn < mostTurns && turnsAfter > 0 && Date.now() < end; turn++) {
    if (watch.isCollected) turnsAfter--;
    try {
      if (!watch.isCollected) new ArrayBuffer(2 ** 27);
    } catch {
      // No room for it: the engine has collected what it could.
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
}

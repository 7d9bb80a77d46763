import type { Backend } from "./backend.ts";
import type { Reclaimable } from "./pressure.ts";

/**
 * Runs `act` again, which failed for want of memory, each time with more of it: once garbage is collected (what belongs
 * to models that were dropped), and once caches have given up what they hold. Nothing of this costs models in use
 * anything but the last.
 */
export async function retryWithRoom<T>(
  backend: Backend,
  act: () => T | Promise<T>,
  caches: Iterable<WeakRef<Reclaimable>>,
  isShortage: (error: unknown) => boolean,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    if (attempt < rounds) await encourageCollection();
    else for (const reference of caches) reference.deref()?.reclaim(backend);
    backend.trim?.();
    try {
      return await act();
    } catch (error) {
      if (!isShortage(error) || attempt === rounds) throw error;
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
const mostTurns = 300;
const mostTime = 10_000;

/**
 * A garbage collector does not see how full linear memory is, but it counts the bytes of array buffers: a few large
 * ones, never touched, make it run. Finalizers run between tasks. Measured in Node 20: 3 to 5 turns, 5 to 25 ms.
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

// Parts that are loaded once it turns out that they are needed.

/** Thrown where a part is needed that is not loaded; never seen outside. */
export const needsRest = /* @__PURE__ */ Symbol("rest");

/**
 * Runs; where {@link needsRest} is thrown, once again with the part.
 * @param isNeeded whether that is known from the start.
 */
export async function withRest<R, T>(
  run: (rest?: R) => T | Promise<T>,
  load: () => Promise<R>,
  isNeeded = false,
): Promise<T> {
  try {
    return await run(isNeeded ? await load() : undefined);
  } catch (error) {
    if (error !== needsRest) throw error;
    return run(await load());
  }
}

/** The part, where it is loaded; where not, it will be: see {@link withRest}. */
export function restOf<R>({ rest }: { readonly rest?: R }): NonNullable<R> {
  if (rest) return rest;
  throw needsRest;
}

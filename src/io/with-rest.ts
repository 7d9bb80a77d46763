// Parts that are loaded once it turns out that they are needed.

/** Thrown where a part is needed that is not loaded; never seen outside. */
export const needsRest = /* @__PURE__ */ Symbol("rest");

/** Runs; where {@link needsRest} is thrown, once again with the part. */
export async function withRest<R, T>(run: (rest?: R) => T | Promise<T>, load: () => Promise<R>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error !== needsRest) throw error;
    return run(await load());
  }
}

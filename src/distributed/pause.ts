/** Waits a moment, before what has to come is looked for again. */
export const pause = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 250);
  });

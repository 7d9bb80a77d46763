// In a page, before its own scripts: counts frames and notes the longest task from `watch()` on; `watched()` tells.
globalThis.watch = () => {
  const begun = performance.now();
  let [frames, longest] = [0, 0];
  const next = () => {
    frames++;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
  }).observe({ type: "longtask" });
  globalThis.watched = () => ({ frames, longest, seconds: (performance.now() - begun) / 1000 });
};

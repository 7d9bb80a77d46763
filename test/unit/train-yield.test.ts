import { afterEach, describe, expect, it, vi } from "vitest";
import { Yielder } from "../../src/train/yield.ts";

afterEach(() => vi.restoreAllMocks());

describe("Yielder", () => {
  it("is due after 30 ms, so that with a step of 20 ms others wait for 50 at most, and then not before another 30", async () => {
    let now = 1000;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const pacer = new Yielder();
    now += 29.9;
    expect(pacer.isDue).toBe(false);
    now += 0.2;
    expect(pacer.isDue).toBe(true);
    await pacer.pause();
    expect(pacer.isDue).toBe(false);
    now += 30;
    expect(pacer.isDue).toBe(true);
  });

  it("lets other tasks run while it pauses, also where there is no setImmediate", async () => {
    for (const hasImmediate of [true, false]) {
      if (!hasImmediate) vi.stubGlobal("setImmediate", undefined);
      let ran = false;
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        ran = true;
        port1.close();
      };
      port2.postMessage(undefined);
      for (let pauses = 0; !ran && pauses < 100; pauses++) await new Yielder().pause();
      vi.unstubAllGlobals();
      expect(ran).toBe(true);
    }
  });
});

// What happens when the server is killed and comes again.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Failures, sizesOf, survive, times } from "./failures.ts";
import { suite } from "./limits.ts";
import { isBatch, repeat, sleep, type Worker } from "./support.ts";
import { fitOptions, hashOf, makeData, makeModel } from "./task.ts";

describe("a job", suite, () => {
  const failures = new Failures(4328);

  for (const pause of [1000, 10_000])
    it(`waits for a server that is killed and comes again after ${pause / 1000} s, with the same bits`, async () => {
      const model = makeModel({ accumulate: 2 });
      const { x, y } = makeData();
      const { history } = await model.fit(x, y, { ...fitOptions, shuffle: false });
      const hash = await hashOf(model);
      await repeat(async (run) => {
        const workers = failures.start(...times(2));
        await (workers[0] as Worker).line(isBatch(4 + (run % 8)));
        await failures.server.kill();
        await sleep(pause);
        await failures.server.start();
        const result = await survive(workers, () => false);
        assert.deepEqual([result.hash, result.history], [hash, history]);
        assert.deepEqual(sizesOf(result), [2]);
      });
    });
});

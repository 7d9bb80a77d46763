import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { runInstructions } from "../../src/testing/programs.ts";
import { trials } from "../../src/testing/trials/index.ts";
import { divided, threaded } from "../unit/threads-support.ts";
import { compositions, opCases } from "./op-cases.ts";
import { runCase } from "./run-case.ts";

const alone = await wasm({ threads: 1 });
const others: Record<string, Backend> = {
  "two threads": await threaded(2),
  "three threads": await threaded(3),
  "three threads in the worst order": await divided(3),
  "seven threads in the worst order": await divided(7),
};

afterAll(() => {
  for (const backend of Object.values(others)) backend.dispose();
});

describe("threads change no bit, forward and backward", () => {
  for (const [name, cases] of [...Object.entries(opCases), ["composition", compositions] as const]) {
    it(name, async () => {
      await fc.assert(
        fc.asyncProperty(cases, async (theCase) => {
          const expected = await runCase(theCase, alone);
          for (const [label, backend] of Object.entries(others))
            expect(await runCase(theCase, backend), `${label}: ${theCase.label}`).toEqual(expected);
        }),
        { numRuns: name === "composition" ? 60 : 10 },
      );
    });
  }

  it.each(trials.loop().map((trial) => [trial.label, trial]))("a loop by itself: %s", async (_, trial) => {
    const expected = await runInstructions(alone, trial.arrays, [trial.instruction]);
    for (const [label, backend] of Object.entries(others))
      expect(await runInstructions(backend, trial.arrays, [trial.instruction]), label).toEqual(expected);
  });
});

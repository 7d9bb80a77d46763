import { describe, expect, it } from "vitest";
import { localRounds } from "../../src/distributed/local-rounds.ts";
import { adam, dense, sequential } from "../../src/index.ts";
import { sessionOf } from "../../src/train/session.ts";

describe("local rounds", () => {
  it("begin a generation with the outer state of its checkpoint, which is zero before the first update", async () => {
    const model = sequential([dense(1, { inputShape: [2] })], { seed: 1 });
    model.compile({ optimizer: adam(), loss: "meanSquaredError" });
    const compiled = sessionOf("fit", model).compiled("fit");
    await compiled.setup.load();
    const rounds = localRounds("fit", { every: 1, outer: { momentum: 0.9 } }, compiled);
    const { variables } = rounds.optimizer;
    const read = () => Promise.all(variables.map(async (variable) => [...(await variable.read())]));
    const zero = await read();
    const atStart = rounds.getState?.() as Record<string, unknown>;
    expect(zero.flat().length).toBeGreaterThan(0);
    const trained = variables.map(({ shape }) => new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(3));
    for (const [index, variable] of variables.entries()) variable.assign(trained[index] as Float32Array);
    await rounds.updated?.();
    const later = rounds.getState?.() as Record<string, unknown>;
    // A worker was lost before the second checkpoint: its successor begins with zeros, so the others have to, too.
    rounds.setState?.(atStart);
    expect(await read()).toEqual(zero);
    rounds.setState?.(later);
    expect(await read()).toEqual(trained.map((values) => [...values]));
    expect(rounds.getState?.()).toEqual(later);
  });
});

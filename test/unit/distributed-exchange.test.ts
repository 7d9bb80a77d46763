import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Exchange, openExchange } from "../../src/distributed/exchange.ts";
import { decodePacket, encodePacket, idOf, indexOf, kindOf, kinds } from "../../src/distributed/packets.ts";
import { addInOrder, chunksOf } from "../../src/distributed/slices.ts";

describe("slices", () => {
  it("cover the vector once, in slices that differ by at most one number", () => {
    const cases = fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 40 }));
    fc.assert(
      fc.property(cases, ([length, size, most]) => {
        const chunks = chunksOf(length, size, most);
        const covered = new Array(length).fill(0);
        const owned = new Array(size).fill(0);
        for (const { owner, start, end } of chunks) {
          if (end - start > most) throw new Error(`${end - start} > ${most}`);
          owned[owner] += end - start;
          for (let i = start; i < end; i++) covered[i]++;
        }
        expect(covered.every((count) => count === 1)).toBe(true);
        expect(Math.max(...owned) - Math.min(...owned)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 100 },
    );
  });

  it("are added up in float32, from +0 on, in the order of the ranks", () => {
    const sum = new Float32Array(3);
    addInOrder([Float32Array.of(1e8, -0, 1), Float32Array.of(1, -0, 2), Float32Array.of(-1e8, -0, 3)], sum);
    expect([...sum]).toEqual([0, 0, 6]);
    addInOrder([Float32Array.of(1e8, -0, 1)], sum);
    expect([...sum]).toEqual([1e8, -0, 1]);
  });
});

describe("packets", () => {
  it("come back as they were, and other bytes are no packets", () => {
    const body = Uint8Array.of(1, 2, 3);
    const packet = { from: 3, generation: 70_000, step: 2 ** 40, id: idOf(kinds.extra, 2 ** 31), body };
    const decoded = decodePacket(encodePacket(packet));
    expect(decoded).toEqual(packet);
    expect([kindOf(packet.id), indexOf(packet.id)]).toEqual([kinds.extra, 2 ** 31]);
    expect(decodePacket(new Uint8Array(31))).toBeUndefined();
  });
});

/** Workers with a network between them that loses, repeats and delays by the numbers of `random`. */
function network(size: number, length: number, random: () => number, share: number) {
  const pending: (() => void)[] = [];
  let inFlight = 0;
  let most = 0;
  const exchanges: Exchange[] = Array.from({ length: size }, (_, rank) =>
    openExchange({
      rank,
      size,
      length,
      generation: 1,
      step: 0,
      chunk: 4,
      window: 3,
      wire: {
        send: (to, bytes) => {
          const copies = random() < share ? 0 : random() < share ? 2 : 1;
          for (let copy = 0; copy < copies; copy++)
            for (const [other, exchange] of exchanges.entries()) {
              if (other === rank || (to !== "others" && to !== other)) continue;
              inFlight += bytes.length;
              most = Math.max(most, inFlight);
              pending.push(() => {
                inFlight -= bytes.length;
                exchange.receive(bytes);
              });
            }
        },
      },
    }),
  );
  /** Delivers one message, any; where none is left, all ask again. */
  const deliver = () => {
    const [act] = pending.splice(Math.floor(random() * (share > 0 ? pending.length : 1)), 1);
    if (act) act();
    else for (const exchange of exchanges) exchange.askAgain();
  };
  return { exchanges, deliver, most: () => most };
}

/** Each worker goes through the steps at its own pace; gives what each has got. */
async function runSteps(size: number, length: number, steps: number, seed: number, share: number) {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const { exchanges, deliver, most } = network(size, length, random, share);
  const vectorOf = (rank: number, step: number) =>
    Float32Array.from({ length }, (_, i) => Math.fround(Math.sin(i + 10 * rank + 100 * step) * 10 ** (rank - 1)));
  let left = size;
  const all = exchanges.map(async (exchange, rank) => {
    const results: Float32Array[] = [];
    for (let step = 0; step < steps; step++) {
      exchange.post(step, Uint8Array.of(rank, step), vectorOf(rank, step));
      const ranks = exchanges.map((_, other) => other);
      const extras = await exchange.extras(step, ranks);
      if (extras.some((extra, other) => `${extra}` !== `${[other, step]}`)) throw new Error("other bytes");
      results.push((await exchange.sum(step)).slice());
    }
    left--;
    return results;
  });
  const done = Promise.all(all);
  for (let turn = 0; left > 0; turn++) {
    deliver();
    await undefined;
    if (turn > 200_000) throw new Error(`no end: ${exchanges.map(({ missing }) => missing())}`);
  }
  const expected = Array.from({ length: steps }, (_, step) => {
    const sum = new Float32Array(length);
    addInOrder(
      exchanges.map((_, rank) => vectorOf(rank, step)),
      sum,
    );
    return sum;
  });
  return { found: await done, expected, most: most() };
}

describe("an exchange", () => {
  it("gives all workers the same sums, whatever is lost, repeated or reordered", async () => {
    for (const size of [1, 2, 3, 5])
      for (const share of [0, 0.2]) {
        const { found, expected } = await runSteps(size, 45, 3, 11 * size, share);
        for (const results of found) expect(results).toEqual(expected);
      }
  });

  it("bounds what is under way, whatever the length of the vector", async () => {
    const short = await runSteps(3, 200, 2, 1, 0);
    const long = await runSteps(3, 2000, 2, 1, 0);
    expect(long.most).toBeLessThan(1.5 * short.most);
  });

  it("says who is missing: first those that have not computed, then those whose sums are missing", async () => {
    const sent: [number | "others", number][] = [];
    const exchange = openExchange({
      rank: 0,
      size: 3,
      length: 9,
      generation: 4,
      step: 7,
      wire: { send: (to, bytes) => sent.push([to, kindOf(decodePacket(bytes)?.id ?? -1)]) },
    });
    exchange.post(7, new Uint8Array(0), new Float32Array(9));
    // At the end of an epoch, and while it validates, a worker waits for nobody: those that are silent are not late.
    expect(exchange.missing()).toEqual([]);
    expect(exchange.slowest(performance.now())).toEqual([]);
    await exchange.extras(7, [0]);
    expect(exchange.missing()).toEqual([]);
    const extras = exchange.extras(7, [0, 1, 2]);
    expect(exchange.missing()).toEqual([1, 2]);
    const packet = { generation: 4, step: 7, id: idOf(kinds.extra, 0), body: new Uint8Array(0) };
    exchange.receive(encodePacket({ ...packet, from: 1 }));
    // Of another generation, and of a step that nobody can be at.
    exchange.receive(encodePacket({ ...packet, from: 2, generation: 3 }));
    exchange.receive(encodePacket({ ...packet, from: 2, step: 20 }));
    expect(exchange.missing()).toEqual([2]);
    exchange.receive(encodePacket({ ...packet, from: 2 }));
    await extras;
    expect(exchange.missing()).toEqual([]);
    const begun = performance.now();
    void exchange.sum(7);
    expect(exchange.progressAt).toBeGreaterThanOrEqual(begun);
    expect(exchange.missing()).toEqual([1, 2]);
    exchange.receive(encodePacket({ ...packet, id: idOf(kinds.sum, 1), from: 1, body: new Uint8Array(12) }));
    exchange.receive(encodePacket({ ...packet, id: idOf(kinds.part, 0), from: 1, body: new Uint8Array(12) }));
    exchange.receive(encodePacket({ ...packet, id: idOf(kinds.part, 0), from: 1, body: new Uint8Array(13) }));
    expect(exchange.missing()).toEqual([2]);
    sent.length = 0;
    exchange.askAgain();
    // One part and one sum of worker 2 are missing; that this worker waits, both are told.
    expect(sent).toEqual([
      [1, kinds.need],
      [2, kinds.need],
    ]);
    expect(exchange.slowest(performance.now())).toEqual([2]);
    exchange.receive(encodePacket({ ...packet, id: idOf(kinds.need, 0), from: 2 }));
    expect(exchange.slowest(performance.now() - 1000)).toEqual([]);
  });

  it("asks for what another batch gave before it has anything to hand in, and so says that it waits", async () => {
    // At the end of an epoch a worker may need the others' metrics of a step that it has no batch of yet.
    const exchanges: Exchange[] = [];
    let isLost = true;
    for (const rank of [0, 1])
      exchanges.push(
        openExchange({
          rank,
          size: 2,
          length: 2,
          generation: 1,
          step: 0,
          wire: { send: (_, bytes) => isLost || exchanges[1 - rank]?.receive(bytes) },
        }),
      );
    const [first, second] = exchanges as [Exchange, Exchange];
    first.post(0, Uint8Array.of(7), Float32Array.of(1, 2));
    const extra = second.extras(0, [0]);
    expect(second.missing()).toEqual([0]);
    isLost = false;
    const before = performance.now();
    second.askAgain();
    expect(await extra).toEqual([Uint8Array.of(7)]);
    expect(second.missing()).toEqual([]);
    void first.sum(0);
    expect(first.missing()).toEqual([1]);
    expect(first.slowest(before)).toEqual([]);
  });

  it("takes a sum from its owner only, and of the chunk's size", async () => {
    const exchange = openExchange({ rank: 0, size: 3, length: 9, generation: 1, step: 0, wire: { send: () => {} } });
    exchange.post(0, new Uint8Array(0), new Float32Array(9));
    const receive = (from: number, index: number, value: number, length = 3) => {
      const body = new Uint8Array(new Float32Array(length).fill(value).buffer);
      exchange.receive(encodePacket({ generation: 1, step: 0, from, id: idOf(kinds.sum, index), body }));
    };
    receive(2, 1, 7);
    receive(1, 1, 7, 4);
    receive(1, 1, 7, 2);
    receive(1, 3, 7);
    receive(1, 1, 5);
    receive(2, 2, 6);
    for (const from of [1, 2])
      exchange.receive(
        encodePacket({ generation: 1, step: 0, from, id: idOf(kinds.part, 0), body: new Uint8Array(12) }),
      );
    expect([...(await exchange.sum(0))]).toEqual([0, 0, 0, 5, 5, 5, 6, 6, 6]);
  });

  it("puts an extra together from pieces that come in any order, the last of which is short or empty", async () => {
    const exchange = openExchange({
      ...{ rank: 0, size: 2, length: 2, generation: 1, step: 0, chunk: 1 },
      wire: { send: () => {} },
    });
    const receive = (step: number, index: number, ...body: number[]) =>
      exchange.receive(
        encodePacket({ generation: 1, step, from: 1, id: idOf(kinds.extra, index), body: Uint8Array.from(body) }),
      );
    // Pieces have 4 bytes.
    receive(0, 2);
    receive(0, 1, 5, 6, 7, 8, 9);
    receive(0, 1, 5, 6, 7, 8);
    const extras = exchange.extras(0, [1]);
    expect(exchange.missing()).toEqual([1]);
    receive(0, 0, 1, 2, 3, 4);
    receive(0, 0, 9, 9, 9, 9);
    expect(await extras).toEqual([Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)]);
    receive(1, 1, 5, 6);
    receive(1, 0, 1, 2, 3, 4);
    expect(await exchange.extras(1, [1])).toEqual([Uint8Array.of(1, 2, 3, 4, 5, 6)]);
  });

  it("ends all waiting when it fails", async () => {
    const exchange = openExchange({ rank: 0, size: 2, length: 4, generation: 1, step: 0, wire: { send: () => {} } });
    const waiting = exchange.sum(0);
    exchange.fail(new Error("changed"));
    await expect(waiting).rejects.toThrow("changed");
    await expect(exchange.extras(0, [1])).rejects.toThrow("changed");
  });
});

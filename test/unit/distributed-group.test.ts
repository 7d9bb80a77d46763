import { describe, expect, it } from "vitest";
import { type Group, nextGroup, noGroup } from "../../src/distributed/group.ts";

const size = { workers: 3, minWorkers: 2 };
const group = nextGroup(noGroup, ["c", "a", "b", "d"], size) as Group;

describe("the group of a job", () => {
  it("begins when all workers are there, in the order of their names", () => {
    expect(nextGroup(noGroup, ["a", "b"], size)).toBeUndefined();
    expect(group).toMatchObject({ generation: 1, members: ["a", "b", "c"], isDone: false, checkpoint: null });
    expect(group.log).toEqual([{ generation: 1, members: ["a", "b", "c"], updates: 0, batches: 0 }]);
  });

  it("stays as long as all are alive", () => {
    expect(nextGroup(group, ["a", "b", "c", "d"], size)).toBeUndefined();
  });

  it("goes on from the checkpoint without who is dead, and takes in others behind the rest", () => {
    const at = { ...group, checkpoint: { name: "x", batches: 12, updates: 4 } };
    expect(nextGroup(at, ["c", "b"], size)).toMatchObject({ generation: 2, members: ["b", "c"] });
    const next = nextGroup(at, ["c", "e", "b", "d"], size);
    expect(next?.members).toEqual(["b", "c", "d"]);
    expect(next?.log).toEqual([...group.log, { generation: 2, members: ["b", "c", "d"], updates: 4, batches: 12 }]);
  });

  it("waits where there are not enough, and ends with the job", () => {
    expect(nextGroup(group, ["a"], size)).toBeUndefined();
    expect(nextGroup({ ...group, isDone: true }, ["a", "b"], size)).toBeUndefined();
  });

  it("does not take back who was too slow", () => {
    const next = nextGroup(group, ["a", "b", "c"], size, ["b"]) as Group;
    expect(next).toMatchObject({ members: ["a", "c"], dropped: ["b"] });
    expect(nextGroup(next, ["a", "b", "c"], size)).toBeUndefined();
  });
});

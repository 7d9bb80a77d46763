import { append } from "../ir/append.ts";
import type { Limits } from "../ir/limits.ts";
import { sameShape } from "../ir/shape.ts";
import { isElementwise } from "../tensor/op.ts";
import { constantValue } from "../tensor/ops/leaf.ts";
import { broadcastToOp } from "../tensor/ops/shaping.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reachable } from "./graph.ts";

/** Elementwise nodes of one shape that become one map. */
export interface Group {
  readonly members: Set<Tensor>;
}

/** What is lowered at once: a group of elementwise nodes, or one other node. */
export type Unit = Group | Tensor;

/**
 * Parts the graph into units, inputs before users. With `fuse` false each elementwise node is a group of its own; else
 * groups are as large as `limits` allow.
 *
 * From the end of the graph backwards, each elementwise node joins the groups of its elementwise users of the same
 * shape, unless a path that leaves the group and comes back would then make the group wait for itself. So a value is
 * computed where it is used, but for what an earlier group can compute and keep in the place of something else.
 */
export function partition(roots: readonly Tensor[], fuse: boolean, limits: Limits): Unit[] {
  const nodes = reachable(roots);
  const wanted = new Set(roots);
  const users = new Map<Tensor, Tensor[]>();
  for (const node of nodes) for (const input of new Set(node.inputs)) append(users, input, node);
  const groupOf = new Map<Tensor, Group>();
  /** How many are written to memory: those that others read, or the caller wants. */
  const outputsOf = (members: ReadonlySet<Tensor>): number =>
    [...members].filter((member) => wanted.has(member) || (users.get(member) ?? []).some((user) => !members.has(user)))
      .length;
  const fits = (members: ReadonlySet<Tensor>): boolean => {
    if (members.size > limits.mapNodes) return false;
    const inputs = leavesOf(members).length;
    return inputs <= limits.mapInputs && inputs + outputsOf(members) <= limits.operands;
  };
  for (const node of nodes.toReversed()) {
    if (!isElementwise(node.op)) continue;
    let group: Group = { members: new Set([node]) };
    groupOf.set(node, group);
    if (!fuse) continue;
    for (const user of users.get(node) ?? []) {
      const other = groupOf.get(user);
      if (!other || other === group || !sameShape(user.shape, node.shape)) continue;
      const union = new Set([...other.members, ...group.members]);
      if (fits(union) && !createsCycle(union, groupOf, node.id)) {
        group = { members: union };
        for (const member of union) groupOf.set(member, group);
      }
    }
  }
  if (fuse) for (const group of new Set(groupOf.values())) moveBack(group);
  return inOrder(nodes, groupOf);

  /**
   * Moves what is computed from the results of one other group alone into that group, where it then writes no more to
   * memory: a derivative takes the place of the activation's argument, and shares erf or exp with the activation.
   */
  function moveBack({ members }: Group): void {
    const order = [...members].sort((a, b) => a.id - b.id);
    for (const leaf of leavesOf(members)) {
      const earlier = groupOf.get(leaf);
      if (!earlier || !sameShape(leaf.shape, (order[0] as Tensor).shape)) continue;
      const union = new Set(earlier.members);
      for (const member of order)
        if (member.inputs.every((input) => union.has(input) || numberOf(input) !== undefined)) union.add(member);
      if (!fits(union) || outputsOf(union) > outputsOf(earlier.members)) continue;
      for (const member of union) {
        members.delete(member);
        earlier.members.add(member);
        groupOf.set(member, earlier);
      }
    }
  }
}

/** What a group reads from memory: the inputs of members that are neither members nor numbers. */
export function leavesOf(members: ReadonlySet<Tensor>): Tensor[] {
  const leaves = new Set<Tensor>();
  for (const member of members)
    for (const input of member.inputs) if (!members.has(input) && numberOf(input) === undefined) leaves.add(input);
  return [...leaves];
}

/** The number of a leaf that is a constant or a broadcast one; else undefined. */
export function numberOf(leaf: Tensor): number | undefined {
  return constantValue(leaf.op === broadcastToOp ? (leaf.inputs[0] as Tensor) : leaf);
}

/**
 * Whether some outside input of the members depends on a member. Groups met on the way count as a whole. Nearest first,
 * since a way back is mostly short; and not below the lowest member: what was recorded before it is in no group yet,
 * and cannot depend on it.
 */
function createsCycle(members: ReadonlySet<Tensor>, groupOf: ReadonlyMap<Tensor, Group>, lowest: number): boolean {
  const seen = new Set<Tensor>();
  const queue: Tensor[] = leavesOf(members);
  // The queue grows while it is read.
  for (const node of queue) {
    if (members.has(node)) return true;
    if (node.id < lowest || seen.has(node)) continue;
    const whole = groupOf.get(node)?.members ?? [node];
    for (const part of whole) {
      seen.add(part);
      for (const input of part.inputs) if (!seen.has(input)) queue.push(input);
    }
  }
  return false;
}

/** Units in dependency order; among those that are ready, the one recorded first. */
function inOrder(nodes: readonly Tensor[], groupOf: ReadonlyMap<Tensor, Group>): Unit[] {
  const done = new Set<Unit>();
  const units: Unit[] = [];
  const unitOf = (node: Tensor): Unit => groupOf.get(node) ?? node;
  const inputsOf = (unit: Unit) =>
    "members" in unit
      ? [...unit.members].flatMap((member) => member.inputs.filter((input) => !unit.members.has(input)))
      : unit.inputs;
  const stack: Unit[] = [];
  for (const node of nodes) {
    stack.push(unitOf(node));
    while (stack.length > 0) {
      const unit = stack.at(-1) as Unit;
      const open = done.has(unit)
        ? []
        : inputsOf(unit)
            .map(unitOf)
            .filter((input) => !done.has(input));
      if (open.length > 0) stack.push(open[0] as Unit);
      else {
        stack.pop();
        if (!done.has(unit)) units.push(unit);
        done.add(unit);
      }
    }
  }
  return units;
}

// From the tensors of one step to a recorded scan: what moves, and what is the same at every step.

import { record } from "../op.ts";
import { constantValue } from "../ops/leaf.ts";
import { broadcastToOp } from "../ops/shaping.ts";
import type { Tensor } from "../tensor.ts";
import { type MovingSlice, type ScanAttrs, ScanBody, scanOp } from "./scan-op.ts";

/** A value that is carried from step to step: the leaf that stands for it, and what it is at first and next. */
export interface Carry {
  readonly leaf: Tensor;
  readonly initial: Tensor;
  readonly next: Tensor;
}

/** A slice that moves over a tensor which the body does not change. */
export interface SourceSlice extends MovingSlice {
  readonly source: Tensor;
}

/** What a scan is recorded from. */
export interface ScanPlan {
  readonly steps: number;
  readonly carries: readonly Carry[];
  /** By the leaves that stand for them. */
  readonly slices: ReadonlyMap<Tensor, SourceSlice>;
  /** Tensors of the body that may be wanted, besides what is carried. */
  readonly results: readonly Tensor[];
  /** Nothing that moves has a lower id. */
  readonly firstId: number;
  /** For tensors that are not among the leaves given: the slice that they are to be, if any. */
  readonly sliceFor?: (tensor: Tensor) => SourceSlice | undefined;
  readonly gradients: ScanAttrs["gradients"];
}

/** Records a scan. */
export function recordScan({ steps, carries, slices: given, results, firstId, sliceFor, gradients }: ScanPlan): Tensor {
  const slices = new Map(given);
  const moving = new Map<Tensor, boolean>([...carries.map(({ leaf }) => leaf), ...given.keys()].map((t) => [t, true]));
  const members = new Set<Tensor>();
  const invariants = new Set<Tensor>();

  /** Whether a tensor changes from step to step; then it and what it is made of become members. */
  function moves(tensor: Tensor): boolean {
    const known = moving.get(tensor);
    if (known !== undefined) return known;
    const slice = sliceFor?.(tensor);
    if (slice) slices.set(tensor, slice);
    const isMember = !slice && tensor.id >= firstId && tensor.inputs.filter(moves).length > 0;
    if (isMember) {
      members.add(tensor);
      for (const input of tensor.inputs) if (!moves(input)) keep(input);
    }
    moving.set(tensor, isMember || slice !== undefined);
    return isMember || slice !== undefined;
  }

  /** Numbers are part of the body. */
  function keep(tensor: Tensor): void {
    if (!isNumber(tensor)) invariants.add(tensor);
  }

  for (const root of [...carries.map(({ next }) => next), ...results]) if (!moves(root)) keep(root);
  const leaves = [...carries.map(({ leaf }) => leaf), ...slices.keys(), ...invariants];
  const next = carries.map((carry) => carry.next);
  const body = new ScanBody(steps, leaves, next, [...slices.values()].map(withoutSource), members, firstId);
  const sources = [...slices.values()].map(({ source }) => source);
  return record(scanOp, [...carries.map(({ initial }) => initial), ...sources, ...invariants], { body, gradients });
}

const withoutSource = ({ begin, advance, size }: SourceSlice): MovingSlice => ({ begin, advance, size });

/** Whether a tensor holds one number that is known when it is recorded. */
function isNumber(tensor: Tensor): boolean {
  return constantValue(tensor.op === broadcastToOp ? (tensor.inputs[0] as Tensor) : tensor) !== undefined;
}

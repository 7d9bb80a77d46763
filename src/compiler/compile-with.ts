import { message, OutOfMemoryError, shapeError, stateError, valueError } from "../errors.ts";
import { defaultLimits, type Limits } from "../ir/limits.ts";
import type { BufferSpec, Program } from "../ir/program.ts";
import { formatShape, sameShape, stridesOf } from "../ir/shape.ts";
import { type BufferId, isContiguous, type View } from "../ir/view.ts";
import { checkOptions } from "../options.ts";
import { asTensor, inputOp } from "../tensor/ops/leaf.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { elideConcats } from "./elide-concat.ts";
import { attachEpilogues } from "./epilogue.ts";
import { partition } from "./fuse.ts";
import { reachable } from "./graph.ts";
import { findSums } from "./joinable-sums.ts";
import { type Lowered, lower } from "./lower.ts";
import type { prepareScans } from "./lower-scan.ts";
import type { rejoin } from "./rejoin.ts";
import { schedule, type Update } from "./schedule.ts";
import { simplify } from "./simplify.ts";

/** What `compile` makes a program of. */
export interface CompileOptions {
  /** Tensors to read after a run, by name. */
  outputs: Readonly<Record<string, Tensor>>;
  /** New values of variables, written at the end of a run: all reads of the run see the old ones. */
  updates?: readonly (readonly [Variable, Tensor])[];
  /** With false, every elementwise op is an instruction of its own (for tests). Default true. */
  fuse?: boolean;
}

/** What only graphs need that join tensors, such as unrolled recurrences, or that scan. */
export interface JoiningPasses {
  readonly elideConcats: typeof elideConcats;
  readonly rejoin: typeof rejoin;
  readonly prepareScans: typeof prepareScans;
}

/** A program with the variables that it works on, in the order of `program.variables`. */
export interface CompiledGraph {
  readonly program: Program;
  readonly variables: readonly Variable[];
}

/**
 * Turns a graph into a program: see `compile`.
 * @param passes for graphs that join tensors or scan. Where one that may need them comes without, undefined is given.
 */
export function compileWith(
  options: CompileOptions,
  limits: Partial<Limits>,
  passes?: JoiningPasses,
): CompiledGraph | undefined {
  const allowed = { ...defaultLimits, ...limits };
  const table = { outputs: "object!", updates: "list", fuse: "boolean" } as const;
  const { outputs, updates = [], fuse = true } = checkOptions("compile", options, table);
  const names = Object.keys(outputs);
  const given = [
    ...Object.values(outputs).map(asTensor),
    ...updates.map(([, value]) => value),
    ...updates.map(([variable]) => variable.tensor),
  ];
  const nodes = reachable(given);
  check(nodes, updates);
  const sums = findSums(nodes, given);
  const joins = sums.size > 0 || nodes.some(({ op: { name } }) => name === "concat" || name === "scan");
  if (joins && !passes) return undefined;
  const joined = passes && sums.size > 0 ? passes.rejoin(given, nodes, sums) : given;
  const roots = simplify(joined, joined === given ? nodes : reachable(joined));
  const outputRoots = roots.slice(0, names.length);
  const updateRoots = roots.slice(names.length, names.length + updates.length);

  const units = partition(roots, fuse, allowed);
  const lowered = lower(units, new Set(roots), (lowering) => passes?.prepareScans(lowering, units, fuse, allowed));
  const outputViews = outputRoots.map((root) => readable(lowered, lowered.view(root)));
  const bufferOf = new Map(lowered.variables.map(({ variable, buffer }) => [variable, buffer]));
  const pending = updates.map(
    ([variable], index): Update => ({
      variable: bufferOf.get(variable) as BufferId,
      value: computed(lowered, lowered.view(updateRoots[index] as Tensor)),
    }),
  );

  const pinned = new Set([...outputViews, ...pending.map(({ value }) => value)].map(({ buffer }) => buffer));
  const attached = fuse ? attachEpilogues(lowered.instructions, allowed) : lowered.instructions;
  const fused = fuse && passes ? passes.elideConcats(attached, lowered.buffers, pinned) : attached;
  const { instructions, renamed } = schedule(
    fused,
    lowered.buffers,
    pending,
    new Set(outputViews.map(({ buffer }) => buffer)),
    allowed,
  );
  checkSizes(lowered.buffers, allowed);

  const named = (view: View): View => ({ ...view, buffer: renamed.get(view.buffer) ?? view.buffer });
  const program: Program = {
    buffers: lowered.buffers,
    instructions,
    inputs: lowered.inputs,
    outputs: Object.fromEntries(names.map((name, index) => [name, named(outputViews[index] as View)])),
    variables: lowered.variables.map(({ buffer }) => buffer),
  };
  return { program, variables: lowered.variables.map(({ variable }) => variable) };
}

/**
 * A contiguous view that still holds its value after the run: neither strided, nor a variable that the run may change,
 * nor an input or constant.
 */
function readable(lowered: Lowered, view: View): View {
  if (isContiguous(view) && lowered.buffers[view.buffer]?.kind === "temporary")
    return { ...view, strides: stridesOf(view.shape) };
  return lowered.copied(view);
}

/** A temporary that holds exactly the value, so that its writer may write the variable instead. */
function computed(lowered: Lowered, view: View): View {
  const spec = lowered.buffers[view.buffer];
  return spec?.kind === "temporary" && isContiguous(view)
    ? { ...view, strides: stridesOf(view.shape) }
    : lowered.copied(view);
}

function checkSizes(buffers: readonly BufferSpec[], { bufferBytes }: Limits): void {
  for (const { name, kind, size } of buffers) {
    if (size * 4 <= bufferBytes) continue;
    throw new OutOfMemoryError(
      message("compile", {
        rule: "a buffer must fit the backend",
        expected: `at most ${bufferBytes} bytes`,
        received: size * 4,
        context: name ?? kind,
        advice: "Use a smaller batch or model.",
      }),
    );
  }
}

function check(nodes: readonly Tensor[], updates: readonly (readonly [Variable, Tensor])[]): void {
  const updated = new Set<Variable>();
  for (const [variable, value] of updates) {
    const name = `variable "${variable.name}"`;
    if (updated.has(variable))
      throw stateError(name, { rule: "a variable is set once per run", expected: "one update", received: "two" });
    updated.add(variable);
    if (!sameShape(variable.shape, value.shape) || variable.dtype !== value.dtype) {
      throw shapeError(name, {
        rule: "the new value must have the variable's shape and dtype",
        expected: `${variable.dtype} ${formatShape(variable.shape)}`,
        received: `${value.dtype} ${formatShape(value.shape)}`,
      });
    }
  }
  const inputs = new Map<string, Tensor>();
  for (const node of nodes) {
    if (node.op !== inputOp) continue;
    const { name } = node.attrs as { name: string };
    const twin = inputs.get(name);
    if (twin && twin !== node) {
      throw valueError(`placeholder "${name}"`, {
        rule: "names of placeholders are unique within a program",
        expected: "one placeholder of this name",
        received: "two",
      });
    }
    inputs.set(name, node);
  }
}

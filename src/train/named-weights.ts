import { checkNonNegative } from "../checks.ts";
import { type ArrayInput, type HostArray, storableArray, toHostArray } from "../data/array.ts";
import { literal, shapeError, valueError } from "../errors.ts";
import { formatShape, sameShape } from "../ir/shape.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { Variable } from "../tensor/variable.ts";

/**
 * Arrays by the names of the variables that they are the values of: plain data, to be stored as you like, also by
 * `JSON.stringify`.
 */
export type NamedArrays = Record<string, HostArray>;

/**
 * Sets all variables, in their order. @throws ShapeError or ValueError where number or shapes differ; then nothing has
 * changed.
 */
export function assignAll(owner: string, variables: readonly Variable[], weights: readonly ArrayInput[]): void {
  if (!Array.isArray(weights) || weights.length !== variables.length) {
    throw valueError(owner, {
      rule: "as many arrays as the model has variables",
      expected: variables.length,
      received: Array.isArray(weights) ? weights.length : weights,
    });
  }
  const arrays = variables.map((variable, index) => {
    const array = toHostArray(`weights[${index}]`, weights[index] as ArrayInput);
    if (sameShape(array.shape, variable.shape)) return array;
    throw shapeError(owner, {
      rule: `weights[${index}] must have the shape of "${variable.name}"`,
      expected: formatShape(variable.shape),
      received: formatShape(array.shape),
    });
  });
  for (const [index, variable] of variables.entries()) variable.assign((arrays[index] as HostArray).data);
}

/** What became of arrays that were set by name. */
export interface NamedResult {
  /** Names that were set. */
  readonly set: readonly string[];
  /** Names of the model's that were not given. */
  readonly missing: readonly string[];
  /** Names given that the model does not have. */
  readonly unexpected: readonly string[];
}

/** Copies of the values of variables, by name; of one moment where they are on a backend. */
export async function readNamed(variables: readonly Variable[]): Promise<NamedArrays> {
  const entries = named(variables).map(
    async ([name, variable]) => [name, storableArray(await variable.read(), variable.shape)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Sets variables from arrays by name, all or none.
 * @param strict whether each variable must be given, and nothing else; otherwise one of them must.
 * @param advice what to do where the names do not fit.
 * @throws ValueError where names do not fit; ShapeError where shapes do not.
 */
export function assignNamed(
  owner: string,
  variables: readonly Variable[],
  given: Readonly<Record<string, ArrayInput>>,
  strict = true,
  advice = `Give layers names${strict ? ", or pass strict: false to set what fits" : ""}.`,
): NamedResult {
  checkNamed(owner, given);
  const known = new Map(named(variables));
  const missing = [...known.keys()].filter((name) => !Object.hasOwn(given, name));
  const [set, unexpected] = [true, false].map((isKnown) =>
    Object.keys(given).filter((name) => known.has(name) === isKnown),
  ) as [string[], string[]];
  if (strict ? missing.length + unexpected.length > 0 : set.length === 0) {
    throw valueError(owner, {
      rule: "as many arrays as variables, under their names",
      expected: missing.length > 0 ? `also ${list(missing)}` : list([...known.keys()]),
      received: list(unexpected.length > 0 ? unexpected : Object.keys(given)),
      advice,
    });
  }
  const arrays = Object.entries(given).flatMap(([name, value]) => {
    const variable = known.get(name);
    if (!variable) return [];
    const array = toHostArray(name, value);
    if (sameShape(array.shape, variable.shape)) return [[variable, array] as const];
    throw shapeError(owner, {
      rule: `"${name}" has another shape`,
      expected: formatShape(variable.shape),
      received: formatShape(array.shape),
    });
  });
  for (const [variable, { data }] of arrays) variable.assign(data);
  return { set, missing, unexpected };
}

/**
 * The state of an optimizer whose slots are on a backend: slots by name, steps done, and the learning rate where it is
 * a number.
 */
export async function readOptimizer(optimizer: Optimizer): Promise<NamedArrays> {
  const one = (value: number): HostArray => storableArray(Float64Array.of(value), []);
  // All of one moment: training may go on as soon as something is awaited.
  const slots = readNamed(optimizer.variables);
  const numbers = {
    steps: one(optimizer.rawSteps),
    ...(!optimizer.isScheduled && { learningRate: one(optimizer.learningRate) }),
  };
  return { ...(await slots), ...numbers };
}

/**
 * Sets what {@link readOptimizer} gave. @throws ValueError or ShapeError where it does not fit; then nothing has
 * changed.
 */
export function assignOptimizer(
  owner: string,
  optimizer: Optimizer,
  given: Readonly<Record<string, ArrayInput>>,
): void {
  checkNamed(owner, given);
  const { steps, learningRate, ...slots } = given;
  const [count, rate] = [numberOf(steps), numberOf(learningRate)];
  if (rate !== undefined) checkNonNegative(owner, "learningRate", rate);
  if (!(Number.isSafeInteger(count) && (count as number) >= 0)) {
    throw valueError(owner, {
      rule: "steps must be the number of steps done",
      expected: "an integer ≥ 0",
      received: literal(count),
    });
  }
  assignNamed(owner, optimizer.variables, slots, true, "Compile with the optimizer that the state is from.");
  optimizer.rawSteps = count as number;
  if (rate !== undefined && !optimizer.isScheduled) optimizer.learningRate = rate;
}

function checkNamed(owner: string, given: unknown): void {
  if (typeof given === "object" && given !== null && !Array.isArray(given) && !(given instanceof Promise)) return;
  throw valueError(owner, {
    rule: "arrays are given by name",
    expected: "what await getNamedWeights() or await getOptimizerState() gave",
    received: literal(given),
  });
}

/** The one number of an array, in full: as float32, neither 0.01 nor many steps would come back. */
function numberOf(given: ArrayInput | undefined): number | undefined {
  if (typeof given !== "object" || given === null) return given;
  return ("data" in given ? (given.data as ArrayLike<number>) : (given as unknown as ArrayLike<number>))[0];
}

/**
 * Variables under their names; of several with one name, as layers of the same name in different models inside may
 * have, the later are numbered.
 */
function named(variables: readonly Variable[]): [string, Variable][] {
  const counts = new Map<string, number>();
  return variables.map((variable) => {
    const count = counts.get(variable.name) ?? 0;
    counts.set(variable.name, count + 1);
    return [count === 0 ? variable.name : `${variable.name}#${count}`, variable];
  });
}

const list = (names: readonly string[]): string =>
  names.length > 4 ? `${names.slice(0, 4).join(", ")} and ${names.length - 4} more` : names.join(", ") || "none";

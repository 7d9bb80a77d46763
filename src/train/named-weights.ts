import { placeVariables } from "../backends/evaluate.ts";
import { type ArrayInput, type HostArray, storableArray } from "../data/array.ts";
import { literal, valueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { named } from "../tensor/named-variables.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Model } from "./model.ts";
import { checkBuilt, sessionOf } from "./session.ts";
import { assign, valueFor } from "./weights.ts";

/**
 * Arrays by the names of the variables that they are the values of: plain data, to be stored as you like, also by
 * `JSON.stringify`.
 */
export type NamedArrays = Record<string, HostArray>;

/** Which names {@link setNamedWeights} used. */
export interface NamedResult {
  /** Names that were set. */
  readonly set: readonly string[];
  /** Names of the model's variables that were not given. */
  readonly missing: readonly string[];
  /** Names given that the model does not have. */
  readonly unexpected: readonly string[];
}

/**
 * Copies of a model's weights at one moment, by name (`dense/kernel`): plain data to store, or to set in a model that
 * has layers of the same names. They come back to equal bits from `JSON.stringify` and from `structuredClone`.
 * @example const text = JSON.stringify(await getNamedWeights(model));
 */
export async function getNamedWeights(model: Model): Promise<NamedArrays> {
  const { backend } = sessionOf("getNamedWeights", model);
  checkBuilt("getNamedWeights", model);
  await placeVariables(model.variables, backend);
  return readNamed(model.variables);
}

/**
 * Sets a model's weights by name, from what {@link getNamedWeights} gave.
 * @returns which names were set, which of the model's were missing and which given ones it does not have.
 * @throws ValueError where names do not fit (with strict false: where none does) or a number is too large for float32,
 * ShapeError where shapes do not fit; then nothing has changed.
 * @example setNamedWeights(model, JSON.parse(text));
 */
export function setNamedWeights(
  model: Model,
  weights: Readonly<Record<string, ArrayInput>>,
  options: {
    /**
     * Whether every weight must be there, and no other. Default true. False: what has a known name is set, such as the
     * layers that two models share.
     */
    strict?: boolean;
  } = {},
): NamedResult {
  sessionOf("setNamedWeights", model);
  checkBuilt("setNamedWeights", model);
  const owner = `setNamedWeights of ${model.label}`;
  const { strict = true } = checkOptions(owner, options, { strict: "boolean" });
  return assignNamed(owner, model.variables, weights, strict);
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
  assign(
    Object.entries(given).flatMap(([name, value]) => {
      const variable = known.get(name);
      if (!variable) return [];
      return [[variable, valueFor(owner, name, value, variable, `"${name}" has another shape`)] as const];
    }),
  );
  return { set, missing, unexpected };
}

/** @throws ValueError on what is no record. */
export function checkNamed(owner: string, given: unknown): void {
  if (typeof given === "object" && given !== null && !Array.isArray(given) && !(given instanceof Promise)) return;
  throw valueError(owner, {
    rule: "arrays are given by name",
    expected: "what await getNamedWeights(model) or await getOptimizerState(model) gave",
    received: literal(given),
  });
}

const list = (names: readonly string[]): string =>
  names.length > 4 ? `${names.slice(0, 4).join(", ")} and ${names.length - 4} more` : names.join(", ") || "none";

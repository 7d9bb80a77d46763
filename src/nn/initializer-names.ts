// Initializers by name.
import { lookUp, valueError } from "../errors.ts";
import {
  constant,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  identity,
  lecunNormal,
  lecunUniform,
  ones,
  orthogonal,
  randomNormal,
  randomUniform,
  truncatedNormal,
  varianceScaling,
  zeros,
} from "./initializers.ts";

/** Every initializer by name. */
export const initializers = {
  zeros,
  ones,
  constant,
  identity,
  randomNormal,
  truncatedNormal,
  randomUniform,
  varianceScaling,
  glorotUniform,
  glorotNormal,
  heUniform,
  heNormal,
  lecunUniform,
  lecunNormal,
  orthogonal,
};

/** The name of an initializer, such as "heNormal". */
export type InitializerName = keyof typeof initializers;

/**
 * An initializer from its name (with default options), from saved options `{ kind, … }`, or a function as it is.
 * @param known factories by kind.
 */
export function initializer(
  given: InitializerName | Initializer | { kind: string },
  owner = "initializer",
  known: object = initializers,
): Initializer {
  if (typeof given === "function") return given;
  const { kind, ...options } = typeof given === "string" ? { kind: given } : { ...given };
  if (typeof kind !== "string") {
    throw valueError(owner, {
      rule: "an initializer is a name or a function",
      expected: 'such as "heNormal"',
      received: given,
    });
  }
  return (lookUp(owner, "initializer", known as typeof initializers, kind) as (options: object) => Initializer)(
    options,
  );
}

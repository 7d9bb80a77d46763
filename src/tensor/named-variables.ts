// Names of variables, each once.
import type { Variable } from "./variable.ts";

/**
 * Variables under their names. Layers in different models inside may have one name; then the later variables get
 * numbers: `dense/kernel`, `dense/kernel#1`.
 */
export function named(variables: readonly Variable[]): [string, Variable][] {
  const counts = new Map<string, number>();
  return variables.map((variable) => {
    const count = counts.get(variable.name) ?? 0;
    counts.set(variable.name, count + 1);
    return [count === 0 ? variable.name : `${variable.name}#${count}`, variable];
  });
}

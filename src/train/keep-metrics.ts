import type { Objective } from "./objective.ts";

/** Awaits `act`, then restores the metrics: for a call from a callback in the middle of an epoch. */
export async function keepMetrics<T>(objective: Objective, act: () => T | Promise<T>): Promise<T> {
  const variables = Object.values(objective.reported).flatMap((metric) => metric.variables);
  const before = await Promise.all(variables.map((variable) => variable.read()));
  try {
    return await act();
  } finally {
    // Reset first: `act` may have made metrics that were not there.
    objective.reset();
    for (const [index, values] of before.entries()) variables[index]?.assign(values);
  }
}

// A momentum that is a number or follows a schedule.
import { checkShare } from "../checks.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { rateAt, type Schedule } from "./schedule.ts";
import type { Scalars } from "./update-rule.ts";

/** A momentum as a method uses it: a number that is recorded, or a scalar that the host writes at each step. */
export interface Momentum {
  readonly scalars: Readonly<Partial<Record<"momentum", (step: number) => number>>>;
  value(scalars: Scalars<"momentum">): number | Tensor;
}

/** Checks a momentum in [0, 1] or a schedule of it. @throws ValueError where it is out of range. */
export function momentumOf(name: string, momentum: number | Schedule): Momentum {
  const inRange = (value: unknown) => checkShare(name, "momentum", value);
  if (typeof momentum === "function") {
    return {
      scalars: { momentum: (step) => inRange(rateAt(name, "momentum", momentum, step)) },
      value: (scalars) => scalars.momentum,
    };
  }
  const fixed = inRange(momentum);
  return { scalars: {}, value: () => fixed };
}

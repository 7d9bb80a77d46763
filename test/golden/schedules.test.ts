import { describe, expect, it } from "vitest";
import { golden, titleOf } from "./nn-support.ts";
import { type ScheduleDescription, scheduleOf } from "./optim-support.ts";

interface Case extends ScheduleDescription {
  values: number[];
}

describe("schedules are Keras's, from step 0 to three times their length", () => {
  it.each(golden<Case>("schedules").map((c) => [titleOf(c.schedule, c.config), c] as const))(
    "%s",
    (_, { values, ...description }) => {
      const rateAt = scheduleOf(description);
      values.forEach((value, step) => {
        // Keras computes in float32.
        expect(Math.abs(rateAt(step) - value), `step ${step}`).toBeLessThan(1e-8 + 3e-6 * value);
      });
    },
  );
});

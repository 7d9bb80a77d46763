/** A learning rate (or momentum) as a function of the 0-based step. It should be pure: the same step, the same rate. */
export type Schedule = (step: number) => number;

import type { Contest } from "../contest.ts";
import { kernels } from "./kernels.ts";
import { randoms } from "./random.ts";
import { trainings } from "./training.ts";

/** All rows, in the order of the table. */
export const contests: readonly Contest[] = [...trainings, ...kernels, ...randoms];

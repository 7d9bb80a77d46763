// The passes that only graphs need which join tensors, such as unrolled recurrences: a module that is loaded on demand.
import { elideConcats } from "./elide-concat.ts";
import { rejoin } from "./rejoin.ts";

export { elideConcats, rejoin };

/** What this module holds. */
export interface JoiningPasses {
  readonly elideConcats: typeof elideConcats;
  readonly rejoin: typeof rejoin;
}

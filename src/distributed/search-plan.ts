// What the workers of a search must have alike.
import { stateError } from "../errors.ts";
import type { Bucket, Entry } from "./bucket.ts";

/** What must be the same on all workers of a search. */
export interface SearchPlan {
  /** The hash of the trials. */
  readonly trials: string;
  readonly maxAttempts: number;
  readonly maxLosses: number;
  readonly ackWait: number;
}

/** The plan as it is kept in the job's bucket. */
interface KeptPlan {
  readonly version: 1;
  readonly plan: SearchPlan;
  /** Whether all trials were put into the queue. */
  readonly isQueued: boolean;
}

const key = "search";

/** The plan of the first worker; this one's, where it is the first. @throws StateError where they differ. */
export async function agreeOnPlan(label: string, bucket: Bucket, plan: SearchPlan): Promise<Entry<KeptPlan>> {
  let kept: Entry<KeptPlan> | undefined;
  while (!kept) {
    kept = await bucket.get<KeptPlan>(key);
    if (kept) break;
    await bucket.set(key, { version: 1, plan, isQueued: false } satisfies KeptPlan, 0);
  }
  const other = (Object.keys(plan) as (keyof SearchPlan)[]).find((name) => kept.value.plan[name] !== plan[name]);
  if (other === undefined) return kept;
  throw stateError(label, {
    rule: `all workers of a search must have the same ${other}`,
    expected: `that of the search (${other === "trials" ? "hash " : ""}${kept.value.plan[other]})`,
    received: `another (${other === "trials" ? "hash " : ""}${plan[other]})`,
    advice: "Choose another name, or call removeJob first.",
  });
}

/** Notes that all trials are in the queue; where another worker has done so meanwhile, that is as good. */
export async function notePlanIsQueued(bucket: Bucket, { value, revision }: Entry<KeptPlan>): Promise<void> {
  await bucket.set(key, { ...value, isQueued: true } satisfies KeptPlan, revision);
}

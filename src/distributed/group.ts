// What all workers of a job agree on: one value in a key-value bucket, changed by compare-and-set only.

/** A checkpoint of a job. */
export interface JobCheckpoint {
  /** Its name in the object store. */
  readonly name: string;
  /** Batches that all workers together had trained on. */
  readonly batches: number;
  /** How many times the weights had been updated. */
  readonly updates: number;
}

/** From which update on who has trained. */
export interface GenerationLog {
  readonly generation: number;
  /** The workers, by rank. */
  readonly members: readonly string[];
  /** Where it began: updates and batches that were done. */
  readonly updates: number;
  readonly batches: number;
}

/** The value that the workers agree on. */
export interface Group {
  readonly version: 1;
  /** The fencing token: who works for an older one is not heard. */
  readonly generation: number;
  /** Ids of the workers, by rank. */
  readonly members: readonly string[];
  /** Workers that were too slow. They are not taken back. */
  readonly dropped: readonly string[];
  /** Of the model and the options of `fit`; null before the first `fit`. */
  readonly model: string | null;
  readonly checkpoint: JobCheckpoint | null;
  /** Whether training has ended. */
  readonly isDone: boolean;
  readonly log: readonly GenerationLog[];
}

/** How many workers a job has. */
export interface GroupSize {
  /** As many as the job wants. */
  readonly workers: number;
  /** As many as it needs to go on. */
  readonly minWorkers: number;
}

/** What a job begins with: nobody. */
export const noGroup: Group = {
  version: 1,
  generation: 0,
  members: [],
  dropped: [],
  model: null,
  checkpoint: null,
  isDone: false,
  log: [],
};

/**
 * The next generation: the members that are alive keep their order, others follow. Undefined where nothing changes, and
 * where there are not enough: the first one begins with as many as the job wants.
 * @param present the workers that are alive.
 * @param late members that are alive and too slow.
 */
export function nextGroup(
  group: Group,
  present: readonly string[],
  { workers, minWorkers }: GroupSize,
  late: readonly string[] = [],
): Group | undefined {
  if (group.isDone) return undefined;
  const dropped = [...group.dropped, ...late];
  const usable = present.filter((id) => !dropped.includes(id));
  const staying = group.members.filter((id) => usable.includes(id));
  const joining = usable.filter((id) => !group.members.includes(id)).sort();
  const members = [...staying, ...joining].slice(0, workers);
  if (members.length < (group.generation === 0 ? workers : minWorkers) || members.join() === group.members.join())
    return undefined;
  const generation = group.generation + 1;
  const { updates = 0, batches = 0 } = group.checkpoint ?? {};
  return { ...group, generation, members, dropped, log: [...group.log, { generation, members, updates, batches }] };
}

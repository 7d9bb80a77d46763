import type { NatsConnection } from "./connection.ts";
import { find, writeAfter } from "./jetstream.ts";
import type { TrialResult } from "./search.ts";
import { fromJson, toJson } from "./trial-values.ts";

/** The result of a trial as it is kept: all know the trials. */
type Stored = TrialResult extends infer R ? (R extends R ? Omit<R, "trial"> : never) : never;

/** Results of trials in the key-value bucket of a job, under `trial.<index>`. A key is set once. */
export class TrialResults<T> {
  private readonly found = new Map<number, TrialResult<T>>();
  /** The number of the last change that was read. */
  private read = 0;

  constructor(
    private readonly nc: NatsConnection,
    private readonly bucket: string,
    private readonly trials: readonly T[],
    private readonly onResult: (result: TrialResult<T>, finished: number) => Promise<void>,
  ) {}

  /** The subject of all results. */
  get subject(): string {
    return `$KV.${this.bucket}.trial.*`;
  }

  get isComplete(): boolean {
    return this.found.size === this.trials.length;
  }

  has(index: number): boolean {
    return this.found.has(index);
  }

  /** The trials without a result. */
  get missing(): number[] {
    return [...this.trials.keys()].filter((index) => !this.has(index));
  }

  /** The results, in the order of the trials. */
  get all(): TrialResult<T>[] {
    return [...this.trials.keys()].flatMap((index) => this.found.get(index) ?? []);
  }

  /** Reads those that are new. */
  async refresh(): Promise<void> {
    for (;;) {
      const query = { seq: this.read + 1, next_by_subj: this.subject };
      const next = await find(this.nc, `KV_${this.bucket}`, query);
      if (!next) return;
      this.read = next.seq;
      const stored = fromJson(new TextDecoder().decode(next.data)) as Stored;
      const result = { ...stored, trial: this.trials[stored.index] as T };
      this.found.set(stored.index, result);
      await this.onResult(result, this.found.size);
    }
  }

  /** Writes a result, unless another worker has done so. */
  async write(result: Stored): Promise<void> {
    const bytes = new TextEncoder().encode(toJson("search", "a result", result));
    await writeAfter(this.nc, 0, `$KV.${this.bucket}.trial.${result.index}`, bytes);
  }
}

import type { NatsConnection } from "./connection.ts";
import { removeStream } from "./jetstream.ts";
import { checkJobName, keptAs } from "./job-name.ts";

/**
 * Removes what a job, or a search, keeps on the server: members and checkpoints, or trials and their results. Workers
 * that still work for it fail.
 * @throws ValueError where the name is none of a job.
 * @example await removeJob(nc, "fashion");
 */
export async function removeJob(nc: NatsConnection, job: string): Promise<void> {
  const name = keptAs(checkJobName("removeJob", job));
  for (const kind of ["TRIALS", "KV", "OBJ"]) await removeStream(nc, `${kind}_${name}`);
}

import type { NatsConnection } from "./connection.ts";

/**
 * Removes what a job, or a search, keeps on the server: members and checkpoints, or trials and their results. Workers
 * that still work for it fail.
 * @throws ValueError where the name is none of a job.
 * @example await removeJob(nc, "fashion");
 */
export async function removeJob(nc: NatsConnection, job: string): Promise<void> {
  await (await import("./removal.ts")).remove(nc, job);
}

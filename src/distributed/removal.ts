// The removal of a job, loaded by `removeJob`.
import type { NatsConnection } from "./connection.ts";
import { api, isMissing } from "./jetstream.ts";
import { checkJobName, keptAs } from "./job-name.ts";

/** What `removeJob` runs; loaded when it is called. */
export async function remove(nc: NatsConnection, job: string): Promise<void> {
  const name = keptAs(checkJobName("removeJob", job));
  for (const kind of ["TRIALS", "KV", "OBJ"]) {
    await api(nc, `STREAM.DELETE.${kind}_${name}`, {}).catch((error) => {
      if (!isMissing(error)) throw error;
    });
  }
}

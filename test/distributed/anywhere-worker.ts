// One worker of a job and of a search, in any runtime that has `WebSocket`. Takes its options as JSON, from the command
// line or behind the "#" of a page's address, and logs what happens as lines of JSON.
import { nkeyAuthenticator, wsconnect } from "@nats-io/nats-core";
import { join, search } from "../../src/distributed/index.ts";
import { fitOptions, hashOf, makeData, makeModel } from "./task.ts";
import { runTrial } from "./trial.ts";
import type { WorkerLine } from "./worker.ts";

/** What a worker is told. */
export interface AnywhereOptions {
  /** An address such as `ws://127.0.0.1:8080`. */
  readonly servers: string;
  readonly job: string;
  readonly workers: number;
  /** Learning rates to try. */
  readonly trials: readonly number[];
  /** The key by which it connects. */
  readonly nkey?: string;
}

const { process, location } = globalThis as { process?: NodeJS.Process; location?: { hash: string } };
const given = process?.argv[2] ?? decodeURIComponent(location?.hash.slice(1) ?? "");
const say = (line: WorkerLine) => console.log(JSON.stringify(line));

try {
  const { servers, job: name, workers, trials, nkey } = JSON.parse(given) as AnywhereOptions;
  const nc = await wsconnect({
    servers,
    pingInterval: 1000,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    ...(nkey !== undefined && { authenticator: nkeyAuthenticator(new TextEncoder().encode(nkey)) }),
  });
  const job = await join(nc, { job: name, workers });
  const model = makeModel();
  const { x, y } = makeData();
  const { history } = await job.fit(model, [x, y], { ...fitOptions, checkpointEvery: 5 });
  const results = await search(nc, { job: name, trials }, runTrial);
  say({ results });
  say({ hash: await hashOf(model), history, log: job.log });
  await nc.close();
} catch (error) {
  say({ error: error instanceof Error ? `${error.name}: ${error.message} ${error.stack}` : String(error) });
}

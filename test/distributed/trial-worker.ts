// One worker of a search, in a process of its own. Takes its options as JSON, and prints what happens as lines of JSON.
import { connect } from "@nats-io/transport-node";
import { type SearchOptions, search } from "../../src/distributed/index.ts";
import type { WorkerLine } from "./worker.ts";

/** What a worker is told. */
export interface TrialWorkerOptions extends Omit<SearchOptions<Trial>, "onTrial" | "signal"> {
  readonly servers: string;
}

/** A trial of the tests. */
export interface Trial {
  readonly name: string;
  /** Milliseconds that it takes. */
  readonly time: number;
  /** How often it throws before it does not; then it gives NaN. */
  readonly throws?: number;
  /** Whether it ends its process. */
  readonly kills?: boolean;
}

const say = (line: WorkerLine) => process.stdout.write(`${JSON.stringify(line)}\n`);

const { servers, ...options } = JSON.parse(process.argv[2] ?? "") as TrialWorkerOptions;
const nc = await connect({ servers, pingInterval: 1000, maxPingOut: 2, maxReconnectAttempts: -1 });
try {
  const onTrial: SearchOptions<Trial>["onTrial"] = (event) => say({ event: { ...event } });
  const results = await search(nc, { ...options, onTrial }, async ({ name, time, throws = 0, kills }, { attempt }) => {
    if (kills) process.kill(process.pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, time));
    if (attempt <= throws) throw new RangeError(`attempt ${attempt} of ${name}`);
    return { greeting: `hello ${name}`, loss: throws > 0 ? Number.NaN : 1 };
  });
  // JSON has no NaN.
  say({
    results: results.map((each) =>
      "result" in each ? { ...each, result: { ...each.result, loss: String(each.result.loss) } } : each,
    ),
  });
} catch (error) {
  say({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
} finally {
  await nc.close();
}

// A worker of a search as a Worker of workerd: each request is one visit, which works until all trials are finished.
import { wsconnect } from "@nats-io/nats-core";
import { search } from "../../src/distributed/index.ts";
import type { AnywhereOptions } from "./anywhere-worker.ts";
import { runTrial } from "./trial.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    const { servers, job, trials } = (await request.json()) as AnywhereOptions;
    const nc = await wsconnect({ servers });
    try {
      return Response.json(await search(nc, { job, trials }, runTrial));
    } finally {
      await nc.close();
    }
  },
};

// What docs/distributed.md says of the server: permissions that are enough, and that others can read what a job keeps.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import { connect } from "@nats-io/transport-node";
import { killWorkers, Server, Worker } from "./support.ts";

const job = "allowed";
const subjects = [`aretejs.${job}.>`, `$KV.aretejs_${job}.>`, `$O.aretejs_${job}.>`, "$JS.API.>", "_INBOX.>"];
const list = JSON.stringify(subjects);
// Workers give no name, so they are this user.
const server = new Server(4330, [
  `authorization { users: [
    { user: worker, password: secret, permissions: { publish: ${list}, subscribe: ${list} } }
    { user: reader, password: secret }
  ] }`,
  "no_auth_user: worker",
]);

describe("a server", { concurrency: false }, () => {
  before(() => server.start());
  after(async () => {
    killWorkers();
    await server.stop();
  });

  it("lets workers train with the permissions of docs/distributed.md", async () => {
    const workers = [1, 2].map(
      () => new Worker({ servers: server.servers, job, workers: 2, fit: { checkpointEvery: 6 } }),
    );
    const [first, second] = await Promise.all(workers.map((worker) => worker.result()));
    assert.deepEqual(first, second);
  });

  it("keeps what the official packages read", async () => {
    const nc = await connect({ servers: server.servers, user: "reader", pass: "secret" });
    const entry = await (await new Kvm(nc).open(`aretejs_${job}`)).get("group");
    const group = entry?.json<{ isDone: boolean; checkpoint: { name: string } }>();
    assert.equal(group?.isDone, true);
    const store = await new Objm(nc).open(`aretejs_${job}`);
    const info = await store.info(group.checkpoint.name);
    const bytes = await store.getBlob(group.checkpoint.name);
    assert.ok(info && bytes && bytes.length === info.size && bytes.length > 0);
    await nc.close();
  });
});

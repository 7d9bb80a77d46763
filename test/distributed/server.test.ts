// What docs/distributed.md says of the server: permissions that are enough, and that others can read what a job keeps.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import { connect } from "@nats-io/transport-node";
import { join, type NatsConnection } from "../../src/distributed/index.ts";
import { suite } from "./limits.ts";
import { killWorkers, Server, Worker } from "./support.ts";
import { fitOptions, makeData, makeModel } from "./task.ts";

const job = "allowed";
const subjects = [`aretejs.${job}.>`, `$KV.aretejs_${job}.>`, `$O.aretejs_${job}.>`, "$JS.API.>", "_INBOX.>"];
const list = JSON.stringify(subjects);

/** What a user may not do that workers have to. The second number is how many workers must be there for it to show. */
const denied: readonly (readonly ["publish" | "subscribe", string, number])[] = [
  ["publish", "$JS.API.STREAM.CREATE.>", 2],
  ["publish", "$JS.API.STREAM.MSG.GET.>", 2],
  ["publish", "$KV.>", 1],
  ["subscribe", "$KV.>", 2],
  ["publish", "aretejs.>", 2],
  ["subscribe", "aretejs.>", 2],
  ["subscribe", "_INBOX.>", 2],
  ["publish", "$O.>", 1],
];
const limited = denied.map(
  ([operation, subject], index) =>
    `{ user: limited${index}, password: secret, permissions: { ${operation}: { deny: ["${subject}"] } } }`,
);

// Workers give no name, so they are this user.
const server = new Server(4330, [
  `authorization { users: [
    { user: worker, password: secret, permissions: { publish: ${list}, subscribe: ${list} } }
    { user: reader, password: secret }
    ${limited.join("\n    ")}
  ] }`,
  "no_auth_user: worker",
]);

describe("a server", suite, () => {
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

  for (const [index, [operation, subject, workers]] of denied.entries())
    it(`that does not let a worker ${operation} ${subject} is named by join or fit, at once`, async () => {
      const nc = await connect({ servers: server.servers, user: `limited${index}`, pass: "secret" });
      const train = async () => {
        const joined = await join(nc, { job: `limited${index}`, workers });
        const { x, y } = makeData();
        await joined.fit(makeModel(), [x, y], fitOptions);
      };
      const begun = performance.now();
      await assert.rejects(train(), /StateError: .*[Pp]ermissions [Vv]iolation for (Publish|Subscription) to "/);
      // The official client notices at once; nothing waits for joinTimeout.
      assert.ok(performance.now() - begun < 20_000);
      await nc.close();
    });

  it("that does not answer is waited for until joinTimeout", async () => {
    const nc = await connect({ servers: server.servers, user: "reader", pass: "secret" });
    // Nothing answers requests of values.
    const request: NatsConnection["request"] = (subject, data, options) =>
      subject.includes("MSG.GET")
        ? Promise.reject(new Error("timeout"))
        : nc.request(subject, data, options as { timeout: number });
    const mute: NatsConnection = {
      publish: (subject, data) => nc.publish(subject, data),
      subscribe: (subject, options) => nc.subscribe(subject, options),
      request,
      status: () => nc.status(),
      isClosed: () => nc.isClosed(),
    };
    await assert.rejects(
      join(mute, { job: "mute", workers: 1, joinTimeout: 700 }),
      /^StateError: join of job "mute": the server must answer\. Expected an answer in time, received timeout/,
    );
    await nc.close();
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

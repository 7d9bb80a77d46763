// examples/distributed/secure.conf, as docs/deployment.md says: TLS with a certificate of our own, keys, permissions.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createUser } from "@nats-io/nkeys";
import { connect, nkeyAuthenticator } from "@nats-io/transport-node";
import { join as joinJob, removeJob, search } from "../../src/distributed/index.ts";
import { runtimes } from "../runtimes/processes.ts";
import { suite } from "./limits.ts";
import { bundle, killWorkers, Server, Worker } from "./support.ts";

const job = "fashion";
const user = createUser();
const nkey = new TextDecoder().decode(user.getSeed());
const page = readFileSync(join(import.meta.dirname, "../../docs/deployment.md"), "utf8");
const conf = readFileSync(join(import.meta.dirname, "../../examples/distributed/secure.conf"), "utf8");
const server = new Server(4430, [], {
  config: conf.replace("0.0.0.0:4222", "127.0.0.1:4430").replace("0.0.0.0:8080", "127.0.0.1:4431"),
  env: { WORKERS: user.getPublicKey(), PAGES: '"https://example.org"' },
});
const certificate = join(server.folder, "server-cert.pem");
const tls = { caFile: certificate };
const authenticator = nkeyAuthenticator(user.getSeed());

describe("a server with examples/distributed/secure.conf", suite, () => {
  before(async () => {
    // The command of the page, with the address of this machine.
    const [command = ""] = /openssl req [^\\`]*(?:\\\n[^\\`]*)*/.exec(page) ?? [];
    assert.ok(command.includes("DNS:nats.example.org"));
    execFileSync("bash", ["-c", command.replace("DNS:nats.example.org", "DNS:localhost,IP:127.0.0.1")], {
      cwd: server.folder,
      stdio: "ignore",
    });
    await server.start();
  });
  after(async () => {
    killWorkers();
    await server.stop();
  });

  it("lets workers with the key train over TLS, by TCP and by WebSocket", async () => {
    const fit = { checkpointEvery: 5 };
    const node = new Worker({ servers: server.servers, job, workers: 2, fit, certificate, nkey });
    const folder = bundle(["anywhere-worker.ts"], { platform: "browser" });
    const deno = runtimes.find(({ name }) => name === "Deno")?.command ?? [];
    const webSocket = new Worker(
      { servers: server.webSocket.replace("ws:", "wss:"), job, workers: 2, trials: [0.1, 0.2], nkey },
      ["env", `DENO_CERT=${certificate}`],
      [...deno, join(folder, "anywhere-worker.mjs")],
    );
    const [one, other] = await Promise.all([node.result(), webSocket.result()]);
    assert.deepEqual(one, other);
  });

  it("refuses connections without the key, and certificates of others", async () => {
    await assert.rejects(connect({ servers: server.servers, tls }), /Authorization Violation/i);
    const other = nkeyAuthenticator(createUser().getSeed());
    await assert.rejects(connect({ servers: server.servers, tls, authenticator: other }), /Authorization Violation/i);
    await assert.rejects(connect({ servers: server.servers, authenticator }), /self-signed certificate/i);
  });

  it("lets workers search and remove the job, and no other job", async () => {
    const nc = await connect({ servers: server.servers, tls, authenticator });
    try {
      await removeJob(nc, job);
      const results = await search(nc, { job, trials: [1, 2, 3] }, (trial) => 2 * trial);
      assert.deepEqual(
        results.map((each) => each.status === "done" && each.result),
        [2, 4, 6],
      );
      await assert.rejects(joinJob(nc, { job: "other", workers: 1 }), /Permissions Violation/);
      await assert.rejects(
        search(nc, { job: "other", trials: [1] }, () => 1),
        /Permissions Violation/,
      );
    } finally {
      await nc.close();
    }
  });
});

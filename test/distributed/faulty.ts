import type { NatsConnection, NatsMessage } from "../../src/distributed/index.ts";

/** A connection that loses, repeats and delays messages of an exchange, on sending and on receiving, by a seed. */
export function faulty(nc: NatsConnection, seed: number): NatsConnection {
  let state = seed >>> 0;
  const chance = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  /** Subjects of gradients; membership and JetStream are as they are. */
  const isExchange = (subject: string) => /\.(to|from)\.\d+$/.test(subject);
  const disturb = (send: () => void) => {
    // A message that is late may find the connection closed.
    const act = () => nc.isClosed() || send();
    const kind = chance();
    if (kind < 0.1) return;
    if (kind < 0.2) act();
    if (kind < 0.4) setTimeout(act, 20 * chance());
    else act();
  };
  return {
    get info() {
      return nc.info as { max_payload: number };
    },
    publish(subject, data) {
      if (!isExchange(subject)) return nc.publish(subject, data);
      disturb(() => nc.publish(subject, data));
    },
    subscribe(subject, { callback }) {
      if (!isExchange(subject)) return nc.subscribe(subject, { callback });
      const disturbed = (error: Error | null, message: NatsMessage) => {
        // The client reuses its buffers once the callback has ended.
        const kept = { subject: message.subject, data: new Uint8Array(message.data) };
        disturb(() => callback(error, kept));
      };
      return nc.subscribe(subject, { callback: disturbed });
    },
    request: (subject, data, options) => nc.request(subject, data, options),
    status: () => nc.status(),
    isClosed: () => nc.isClosed(),
  };
}

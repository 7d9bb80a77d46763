import type { NatsConnection } from "./connection.ts";
import type { Wire } from "./exchange.ts";
import { send } from "./jetstream.ts";

/**
 * The subjects on which the workers of one generation exchange what they have: each hears one of its own, and one of
 * each other worker.
 * @param subject what they begin with.
 */
export function openChannel(
  nc: NatsConnection,
  subject: string,
  rank: number,
  size: number,
  receive: (bytes: Uint8Array) => void,
): Wire & { close(): void } {
  const to = (other: number) => `${subject}.to.${other}`;
  const from = (other: number) => `${subject}.from.${other}`;
  const subscriptions = Array.from({ length: size }, (_, other) =>
    nc.subscribe(other === rank ? to(rank) : from(other), {
      callback: (error, { data }) => {
        if (!error) receive(data);
      },
    }),
  );
  return {
    send(other, bytes) {
      send(nc, other === "others" ? from(rank) : to(other), bytes);
    },
    close() {
      if (!nc.isClosed()) for (const subscription of subscriptions) subscription.unsubscribe();
    },
  };
}

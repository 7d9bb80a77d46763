import type { NatsConnection, NatsSubscription } from "./connection.ts";
import type { Wire } from "./exchange.ts";

/** The subjects on which the workers of one generation exchange gradients. */
export class Channel implements Wire {
  private readonly subscriptions: readonly NatsSubscription[];

  /** @param subject what the subjects of this generation begin with. */
  constructor(
    private readonly nc: NatsConnection,
    private readonly subject: string,
    private readonly rank: number,
    size: number,
    receive: (bytes: Uint8Array) => void,
  ) {
    const others = Array.from({ length: size }, (_, other) => other).filter((other) => other !== rank);
    const subjects = [`${subject}.to.${rank}`, ...others.map((other) => `${subject}.from.${other}`)];
    this.subscriptions = subjects.map((one) =>
      nc.subscribe(one, {
        callback: (error, { data }) => {
          if (!error) receive(data);
        },
      }),
    );
  }

  send(to: number | "others", bytes: Uint8Array): void {
    if (this.nc.isClosed()) return;
    this.nc.publish(to === "others" ? `${this.subject}.from.${this.rank}` : `${this.subject}.to.${to}`, bytes);
  }

  close(): void {
    if (this.nc.isClosed()) return;
    for (const subscription of this.subscriptions) subscription.unsubscribe();
  }
}

// A connection that knows in which generation a worker trains, and stops the process at one point of the protocol.
import { openSync } from "node:fs";
import type { NatsConnection } from "../../src/distributed/index.ts";
import { decodePacket, kindOf, kinds } from "../../src/distributed/packets.ts";

/** What a worker is about to do, or has just done, when it is stopped. */
export type Point =
  | "join: after the first sign of life"
  | "join: before the first group is written"
  | "join: after the first group is written"
  | "step: before what a batch gave is sent"
  | "step: after half of the parts"
  | "step: before a sum is sent"
  | "step: after all sums have come"
  | "checkpoint: before the file is complete"
  | "checkpoint: before it counts"
  | "checkpoint: after it counts";

/** Where the first worker that comes there is stopped. */
export interface Stop {
  readonly point: Point;
  /** Not in steps before this one. */
  readonly step: number;
  readonly signal: "SIGKILL" | "SIGSTOP";
  /** A file that does not exist: whoever makes it is the first. */
  readonly flag: string;
}

/** A connection, and what it has seen. */
export interface Observed {
  readonly nc: NatsConnection;
  /** The generation that this worker trains in. */
  readonly generation: number;
}

/** Observes a connection. */
export function observe(nc: NatsConnection, stop?: Stop): Observed {
  let [generation, step, parts, sums, others] = [0, 0, 0, 0, 0];
  /** What is sent while the process is about to be stopped leaves when it goes on, if it does. */
  const held: (() => void)[] = [];
  let isHolding = false;
  const reach = (point: Point, milliseconds = 0) => {
    if (stop?.point !== point || step < stop.step) return;
    try {
      openSync(stop.flag, "wx");
    } catch {
      return;
    }
    const act = () => {
      process.kill(process.pid, stop.signal);
      isHolding = false;
      for (const send of held.splice(0)) send();
    };
    if (milliseconds === 0) return act();
    isHolding = true;
    setTimeout(act, milliseconds);
  };
  /** Counts what belongs to a step. */
  const enter = (next: number) => {
    if (next === step) return;
    [step, parts, sums] = [next, 0, 0];
  };
  const observed: NatsConnection = {
    get info() {
      return nc.info as { max_payload: number };
    },
    publish(subject, data = new Uint8Array()) {
      const packet = /\.(to|from)\.\d+$/.test(subject) ? decodePacket(data) : undefined;
      const kind = packet && kindOf(packet.id);
      if (packet && kind === kinds.extra) {
        enter(packet.step);
        reach("step: before what a batch gave is sent");
      }
      // The client sends what it was given a little later.
      if (kind === kinds.part && parts++ === others / 2) reach("step: after half of the parts", 50);
      if (kind === kinds.sum) reach("step: before a sum is sent");
      if (isHolding) held.push(() => nc.publish(subject, data));
      else nc.publish(subject, data);
      if (subject.endsWith(".alive")) reach("join: after the first sign of life", 50);
    },
    subscribe(subject, { callback }) {
      const [, found, kind] = /\.(\d+)\.(to|from)\.\d+$/.exec(subject) ?? [];
      if (kind === "to") [generation, others] = [Number(found), 0];
      if (kind === "from") others++;
      if (!kind) return nc.subscribe(subject, { callback });
      const counted: typeof callback = (error, message) => {
        const packet = decodePacket(message.data);
        callback(error, message);
        if (!packet || kindOf(packet.id) !== kinds.sum || packet.step !== step) return;
        if (++sums === others) reach("step: after all sums have come");
      };
      return nc.subscribe(subject, { callback: counted });
    },
    async request(subject, data, options) {
      const isGroup = subject.startsWith("$KV.");
      const isFirst = isGroup && JSON.parse(new TextDecoder().decode(data as Uint8Array)).model === null;
      if (isFirst) reach("join: before the first group is written");
      else if (isGroup) reach("checkpoint: before it counts");
      if (/^\$O\..*\.M\./.test(subject)) reach("checkpoint: before the file is complete");
      const answer = await nc.request(subject, data, options);
      if (isFirst) reach("join: after the first group is written");
      else if (isGroup) reach("checkpoint: after it counts");
      return answer;
    },
    status: () => nc.status(),
    isClosed: () => nc.isClosed(),
  };
  return {
    nc: observed,
    get generation() {
      return generation;
    },
  };
}

// Network namespaces on this machine, one for each worker, that can be cut off. Linux, as root.
import { execFileSync, spawnSync } from "node:child_process";

/** Whether this process may make namespaces. */
export const canCut = process.getuid?.() === 0 && spawnSync("ip", ["netns", "list"]).status === 0;

const tc = (...args: string[]) => execFileSync("tc", args, { stdio: ["ignore", "ignore", "inherit"] });
const ip = (...args: string[]) => execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });

/** A bridge of this machine, at {@link host}, with a number of namespaces behind it. */
export class Namespaces {
  readonly host: string;

  /**
   * @param name of the bridge, and what other names begin with.
   * @param network the first three numbers of addresses.
   */
  constructor(
    private readonly count: number,
    private readonly name = "arete3",
    private readonly network = "10.78.0",
  ) {
    this.host = `${network}.1`;
  }

  start(): void {
    this.stop();
    ip("link", "add", this.name, "type", "bridge");
    ip("address", "add", `${this.host}/24`, "dev", this.name);
    ip("link", "set", this.name, "up");
    for (let index = 0; index < this.count; index++) {
      const [name, outer] = [this.nameOf(index), this.linkOf(index)];
      ip("netns", "add", name);
      ip("link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", name);
      ip("link", "set", outer, "master", this.name, "up");
      ip("-n", name, "address", "add", `${this.network}.${index + 2}/24`, "dev", "eth0");
      ip("-n", name, "link", "set", "eth0", "up");
    }
  }

  /** What a command is started by in a namespace. */
  prefix(index: number): readonly string[] {
    return ["ip", "netns", "exec", this.nameOf(index)];
  }

  /** Cuts a namespace off, or connects it again. */
  set(index: number, state: "down" | "up"): void {
    ip("link", "set", this.linkOf(index), state);
  }

  /** Limits what a namespace sends and receives. @param rate as `tc` writes it, such as "100mbit". */
  limit(index: number, rate: string, burst: string): void {
    const shape = ["root", "tbf", "rate", rate, "burst", burst, "latency", "50ms"];
    tc("qdisc", "replace", "dev", this.linkOf(index), ...shape);
    tc("-n", this.nameOf(index), "qdisc", "replace", "dev", "eth0", ...shape);
  }

  stop(): void {
    // What is not there need not be removed.
    for (let index = 0; index < this.count; index++)
      spawnSync("ip", ["netns", "delete", this.nameOf(index)], { stdio: "ignore" });
    spawnSync("ip", ["link", "delete", this.name], { stdio: "ignore" });
  }

  private nameOf(index: number): string {
    return `${this.name}-${index}`;
  }

  private linkOf(index: number): string {
    return `${this.name}v${index}`;
  }
}

import { lookUp, valueError } from "../../errors.ts";
import type { OptionTable } from "../../options.ts";
import type { Training } from "../callback.ts";
import type { Model } from "../model.ts";
import type { Logs } from "../step-runner.ts";

/** Which way a watched value is better; "auto" asks the metric. */
export type MonitorMode = "auto" | "min" | "max";

/** Options of callbacks that watch a value. */
export interface MonitorOptions {
  /**
   * The name of the value in the logs. Default "val_loss". What neither the model reports nor a callback listed before
   * adds to the logs is an error at the end of the first epoch.
   */
  monitor?: string;
  /** Default "auto": down for losses, else as the metric says. */
  mode?: MonitorMode;
}

export const monitorTable: OptionTable<MonitorOptions> = { monitor: "string", mode: "string" };

/** Watches a value of the logs, and knows what is better. */
export class Monitor {
  private readonly minDelta: number;
  /** Whether the value was reported in this run: then epochs without it are no mistake. */
  private isKnown = false;

  /**
   * @param owner the callback's name: stands in messages.
   * @param minDelta by how much better a value must be to count; its sign does not matter.
   */
  constructor(
    private readonly owner: string,
    private readonly name: string,
    private readonly mode: MonitorMode,
    minDelta = 0,
  ) {
    lookUp(owner, "mode", { auto: true, min: true, max: true }, mode);
    if (!Number.isFinite(minDelta))
      throw valueError(owner, { rule: "minDelta must be finite", expected: "a finite number", received: minDelta });
    this.minDelta = Math.abs(minDelta);
  }

  /** A training run begins. */
  begin(): void {
    this.isKnown = false;
  }

  /**
   * The watched value; undefined after an epoch without validation where it is one of validation.
   * @param validates whether such epochs may come.
   * @throws ValueError where nothing reports the value, with the nearest names.
   */
  read(logs: Logs, { validates }: Pick<Training, "validates">): number | undefined {
    const { name, owner } = this;
    const value = Object.hasOwn(logs, name) ? logs[name] : undefined;
    this.isKnown ||= value !== undefined;
    if (this.isKnown) return value;
    const reported = Object.keys(logs);
    if (!validates && name.startsWith("val_")) {
      throw valueError(owner, {
        rule: "there are no data to validate with at this point",
        expected: `one of ${reported.join(", ")}`,
        received: `monitor "${name}"`,
        advice: "Give fit validationData or validationSplit.",
      });
    }
    const awaited = validates ? reported.filter((each) => !each.startsWith("val_")).map((each) => `val_${each}`) : [];
    lookUp(owner, "value to monitor", Object.fromEntries([...reported, ...awaited].map((each) => [each, true])), name);
    return undefined;
  }

  /** Whether a value is better than another, which may not be there yet. Any number is better than NaN. */
  improves(value: number, best: number | undefined, model: Model): boolean {
    const isDown = (this.mode === "auto" ? this.directionIn(model) : this.mode) === "min";
    if (best === undefined || Number.isNaN(best)) return best === undefined || !Number.isNaN(value);
    return isDown ? value + this.minDelta < best : value - this.minDelta > best;
  }

  private directionIn(model: Model): "min" | "max" {
    const plain = this.name.replace(/^val_/, "");
    const metrics = new Map(Object.entries(model.reported));
    const metric = metrics.get(this.name) ?? metrics.get(plain);
    if (metric) return metric.direction;
    if (plain === "loss" || plain.endsWith("_loss")) return "min";
    throw valueError(this.owner, {
      rule: "which way the watched value is better is not known",
      expected: `one of ${Object.keys(model.reported).join(", ")} (with or without val_)`,
      received: `"${this.name}"`,
      advice: 'Pass mode: "min" or "max".',
    });
  }
}

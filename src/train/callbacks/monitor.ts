import { lookUp, valueError } from "../../errors.ts";
import type { OptionTable } from "../../options.ts";
import type { TrainedModel } from "../callback.ts";
import type { Logs } from "../trainer.ts";

/** Which way a watched value is better; "auto" asks the metric. */
export type MonitorMode = "auto" | "min" | "max";

/** Options of callbacks that watch a value. */
export interface MonitorOptions {
  /** The name of the value in the logs. Default "val_loss". */
  monitor?: string;
  /** Default "auto": down for losses, else as the metric says. */
  mode?: MonitorMode;
}

export const monitorTable: OptionTable<MonitorOptions> = { monitor: "string", mode: "string" };

/** Watches a value of the logs, and knows what is better. */
export class Monitor {
  private readonly minDelta: number;
  private direction: "min" | "max" | undefined;
  private hasWarned = false;

  /**
   * @param owner the callback's name: stands in messages.
   * @param minDelta by how much better a value must be to count; its sign does not matter.
   */
  constructor(
    private readonly owner: string,
    private readonly name: string,
    mode: MonitorMode,
    minDelta = 0,
  ) {
    lookUp(owner, "mode", { auto: true, min: true, max: true }, mode);
    if (!Number.isFinite(minDelta)) throw valueError(owner, { rule: "minDelta must be finite", expected: "a finite number", received: minDelta });
    this.minDelta = Math.abs(minDelta);
    this.direction = mode === "auto" ? undefined : mode;
  }

  /** The watched value; undefined (with one warning) where it was not reported. */
  read(logs: Logs): number | undefined {
    const value = Object.hasOwn(logs, this.name) ? logs[this.name] : undefined;
    if (value === undefined && !this.hasWarned) {
      this.hasWarned = true;
      console.warn(`${this.owner}: "${this.name}" was not reported. Reported: ${Object.keys(logs).join(", ") || "nothing"}.`);
    }
    return value;
  }

  /** Whether a value is better than another, which may not be there yet. */
  improves(value: number, best: number | undefined, model: TrainedModel): boolean {
    this.direction ??= this.directionIn(model);
    if (best === undefined) return true;
    return this.direction === "min" ? value + this.minDelta < best : value - this.minDelta > best;
  }

  private directionIn(model: TrainedModel): "min" | "max" {
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

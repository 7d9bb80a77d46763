// What callbacks share that watch a value of the logs: options, and whether it has improved.
import { lookUp, stateError, valueError } from "../../errors.ts";
import type { OptionTable } from "../../options.ts";
import type { Training } from "../callback.ts";
import type { Model } from "../model.ts";
import type { Logs } from "../step-runner.ts";

/** Whether smaller or larger values are better; "auto" follows the metric. */
export type MonitorMode = "auto" | "min" | "max";

/** Options of callbacks that monitor a value of the logs. */
export interface MonitorOptions {
  /**
   * The name of the value in the logs. Default "val_loss". What neither the model reports nor a callback listed before
   * adds to the logs is an error at the end of the first epoch.
   */
  monitor?: string;
  /** Default "auto": "min" for losses, else what the metric says. */
  mode?: MonitorMode;
}

export const monitorTable: OptionTable<MonitorOptions> = { monitor: "string", mode: "string" };

/** Reads a value of the logs and compares it, for callbacks that react when it improves. */
export class Monitor {
  private readonly minDelta: number;
  /** Whether the value was reported in this run: then epochs without it are no mistake. */
  private isKnown = false;
  private model: Model | undefined;

  /**
   * @param owner the callback's name, for messages.
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

  /** A training run of this model begins. */
  begin(model: Model): void {
    this.isKnown = false;
    this.model = model;
  }

  /** @throws StateError where the callback has been given to the fit of another model since. */
  checkModel(model: Model): void {
    if (this.model === model) return;
    const { owner } = this;
    throw stateError(owner, {
      rule: "one callback serves one fit at a time",
      expected: `a new ${owner}(…) for each model that trains`,
      received: "the callback of another fit that is running",
    });
  }

  /**
   * The monitored value; undefined for a value of validation after an epoch without one.
   * @throws ValueError where nothing reports the value, with the nearest names.
   */
  read(logs: Logs, { model, validates }: Pick<Training, "model" | "validates">): number | undefined {
    const { name, owner } = this;
    this.checkModel(model);
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
      rule: "it is not known whether smaller or larger values are better",
      expected: `one of ${Object.keys(model.reported).join(", ")} (with or without val_)`,
      received: `"${this.name}"`,
      advice: 'Pass mode: "min" or "max".',
    });
  }
}

// The playground: settings on one side, the run in its worker on the other.
import type { Order, Report, Snapshot } from "../messages.ts";
import {
  type ChoiceName,
  checkedSeed,
  choiceNames,
  choose,
  fromHash,
  maxPoints,
  type Settings,
  toHash,
} from "../settings.ts";
import { pointsOf } from "../training/points.ts";
import { Bar } from "./bar.ts";
import { ChartFrame, Curve, curves } from "./charts.ts";
import { dataPicker } from "./data-picker.ts";
import { DiagnosisView } from "./diagnosis.ts";
import { button, element, panel, uniqueId } from "./dom.ts";
import { experimentList } from "./experiments.ts";
import { choiceField, type Field, seedField } from "./fields.ts";
import { Histograms } from "./histograms.ts";
import { NetworkEditor } from "./network-editor.ts";
import { Plane } from "./plane.ts";
import { Predictions } from "./predictions.ts";
import { scoresTable } from "./scores.ts";

/** Points that a drawing needs: a fourth of them is for validation. */
const fewestPoints = 8;

/** Least milliseconds between pictures, and where the reader prefers reduced motion. */
const [usualInterval, calmInterval] = [80, 1000];

/** Where the files are that the page loads itself. */
const files = {
  images: new URL("../assets/fashion.idx.gz", import.meta.url).href,
  picture: new URL("../assets/fashion.png", import.meta.url).href,
};

export class Playground {
  readonly root: HTMLElement;
  private settings: Settings;
  private worker: Worker | undefined;
  /** Parts of the first address that could not be read. */
  private readonly ignored: readonly string[];
  private run = 0;
  private isPlaying = false;
  /** Whether to start as soon as the new run is ready. */
  private startsWhenReady = false;
  private snapshot: Snapshot | undefined;
  private readonly curve = new Curve();
  private readonly fields = new Map<ChoiceName | "seed", Field>();
  private readonly status = element("p", { class: "pg-status", role: "status" });
  private readonly bar: Bar;
  private readonly plane: Plane;
  private readonly predictions = new Predictions();
  private readonly scores = scoresTable();
  private readonly network: NetworkEditor;
  private readonly picker: ReturnType<typeof dataPicker>;
  private readonly curveFrame = new ChartFrame("Curves appear after the first epoch.");
  private readonly diagnosis = new DiagnosisView();
  private readonly histograms = new Histograms();
  private readonly drawTools: HTMLElement;
  private readonly themeWatcher = new MutationObserver(() => this.repaint());
  private readonly onHash = () => this.openHash();

  constructor() {
    const { settings, ignored } = fromHash(location.hash);
    this.settings = settings;
    this.picker = dataPicker(files.picture, (value) => this.choose("data", value));
    this.fields.set("data", this.picker);
    this.plane = new Plane({
      add: (point) => this.setPoints([...this.settings.points, point].slice(-maxPoints)),
      removeLast: () => this.setPoints(this.settings.points.slice(0, -1)),
    });
    this.network = new NetworkEditor((layers) => this.apply({ ...this.settings, layers }));
    const seed = seedField((text) => {
      const value = checkedSeed(text);
      if (value !== undefined) this.apply({ ...this.settings, seed: value });
      return value !== undefined;
    });
    this.fields.set("seed", seed);
    this.bar = new Bar(
      {
        toggle: () => (this.isPlaying ? this.pause() : this.start()),
        step: () => this.advance("step"),
        epoch: () => this.advance("epoch"),
        reset: () => this.reset(false),
        share: () => void this.share(),
      },
      this.field("speed"),
      this.field("backend"),
      seed.root,
    );
    this.drawTools = this.makeDrawTools();
    this.root = this.layOut();
    this.show();
    this.ignored = ignored;
  }

  /** Begins: starts the worker, and follows the address and the theme. */
  open(): void {
    this.worker = new Worker(new URL("../worker.ts", import.meta.url), { type: "module" });
    this.worker.addEventListener("message", ({ data }: MessageEvent<Report>) => this.onReport(data));
    this.worker.addEventListener("error", ({ message }) =>
      this.say(`The worker failed: ${message ?? "unknown cause"}`),
    );
    addEventListener("hashchange", this.onHash);
    this.themeWatcher.observe(document.documentElement, { attributeFilter: ["class"] });
    this.reset(false);
    this.sayIgnored(this.ignored);
  }

  close(): void {
    this.worker?.terminate();
    removeEventListener("hashchange", this.onHash);
    this.themeWatcher.disconnect();
    this.root.remove();
  }

  private field(name: ChoiceName): HTMLElement {
    const made = choiceField(name, (value) => this.choose(name, value));
    this.fields.set(name, made);
    return made.root;
  }

  private layOut(): HTMLElement {
    const column = (...panels: HTMLElement[]) => element("div", { class: "pg-column" }, ...panels);
    const fields = (...names: ChoiceName[]) =>
      element("div", { class: "pg-fields" }, ...names.map((name) => this.field(name)));
    return element(
      "div",
      { class: "pg" },
      this.bar.root,
      this.status,
      element(
        "div",
        { class: "pg-columns" },
        column(
          panel("data", "Data", this.picker.root, fields("noise", "samples", "scale", "batch")),
          panel("try", "Try", experimentList()),
        ),
        column(
          panel(
            "net",
            "Network",
            this.network.root,
            fields("features", "activation", "initializer", "normalization", "dropout", "l1", "l2", "maxNorm"),
          ),
          panel("optimizer", "Optimizer", fields("optimizer", "rate", "schedule", "epochs", "clip")),
          panel("diagnosis", "Diagnosis", this.diagnosis.root),
        ),
        column(
          panel("output", "Output", this.plane.root, this.drawTools, this.predictions.root, this.scores.root),
          panel("curves", "Curves", this.curveFrame.root),
        ),
        panel("histograms", "Layers", this.histograms.root),
      ),
    );
  }

  private makeDrawTools(): HTMLElement {
    const group = uniqueId();
    const option = (label: 0 | 1, name: string) => {
      const input = element("input", { type: "radio", name: group, value: label, checked: label === 0 });
      input.addEventListener("change", () => {
        this.plane.label = label;
      });
      return element("label", { class: `pg-class pg-class-${label}` }, input, name);
    };
    return element(
      "div",
      { class: "pg-draw-tools" },
      element("fieldset", {}, element("legend", {}, "Draw points of"), option(0, "orange"), option(1, "blue")),
      button("Undo", { class: "pg-small" }, () => this.setPoints(this.settings.points.slice(0, -1))),
      button("Clear", { class: "pg-small" }, () => this.setPoints([])),
    );
  }

  private choose(name: ChoiceName, value: string): void {
    const next = { ...this.settings };
    if (!choose(next, name, value)) return;
    if (name === "speed") {
      this.keep(next);
      this.order({ type: "speed", speed: next.speed });
    } else this.apply(next);
  }

  private setPoints(points: Settings["points"]): void {
    this.apply({ ...this.settings, points });
  }

  /** Takes settings, and writes them into the address. */
  private keep(settings: Settings): void {
    this.settings = settings;
    const hash = toHash(settings);
    history.replaceState(history.state, "", hash ? `#${hash}` : location.pathname + location.search);
  }

  /** Takes settings, and begins a new run with them. */
  private apply(settings: Settings): void {
    this.keep(settings);
    this.show();
    this.reset(this.isPlaying || this.startsWhenReady);
  }

  private sayIgnored(ignored: readonly string[]): void {
    if (ignored.length > 0)
      this.say(`These parts of the address are not known and were left out: ${ignored.join(", ")}.`);
  }

  private openHash(): void {
    const { settings, ignored } = fromHash(location.hash);
    if (toHash(settings) === toHash(this.settings)) return;
    this.settings = settings;
    this.show();
    this.reset(false);
    this.sayIgnored(ignored);
  }

  /** Shows the settings in all fields. */
  private show(): void {
    const { settings } = this;
    const isFashion = settings.data === "fashion";
    for (const name of choiceNames) this.fields.get(name)?.show(settings[name]);
    this.fields.get("seed")?.show(String(settings.seed));
    this.network.setLayers(settings.layers, isFashion);
    this.plane.setPoints(isFashion ? [] : pointsOf(settings), settings.data === "drawn");
    const visible: readonly [ChoiceName | HTMLElement, boolean][] = [
      ["noise", !isFashion && settings.data !== "drawn"],
      ["samples", !isFashion && settings.data !== "drawn"],
      ["features", isFashion],
      ["epochs", settings.schedule !== "constant"],
      [this.plane.root, !isFashion],
      [this.predictions.root, isFashion],
      [this.drawTools, settings.data === "drawn"],
    ];
    for (const [what, isVisible] of visible) {
      const shown = typeof what === "string" ? this.fields.get(what)?.root : what;
      if (shown) shown.hidden = !isVisible;
    }
  }

  /** Begins a new run; the old one ends. */
  private reset(starts: boolean): void {
    this.run++;
    this.isPlaying = false;
    this.startsWhenReady = starts;
    this.snapshot = undefined;
    this.curve.clear();
    this.curveFrame.set(undefined);
    this.diagnosis.show(undefined);
    this.plane.setSurfaces(undefined);
    this.bar.setReady(false);
    this.bar.setPlaying(starts);
    const { settings } = this;
    if (settings.data === "drawn" && settings.points.length < fewestPoints) {
      // The run before ends, too.
      this.order({ type: "pause" });
      const missing = fewestPoints - settings.points.length;
      this.bar.show(undefined);
      this.scores.show(undefined);
      this.say(
        `Draw ${missing} more ${missing === 1 ? "point" : "points"} of both colours on the plane to train on them.`,
      );
      return;
    }
    this.say("");
    const interval = matchMedia("(prefers-reduced-motion: reduce)").matches ? calmInterval : usualInterval;
    this.order({ type: "setup", run: this.run, settings, images: files.images, interval });
  }

  private start(): void {
    this.isPlaying = true;
    this.bar.setPlaying(true);
    this.order({ type: "start" });
    this.say("Training.");
  }

  private pause(): void {
    this.isPlaying = false;
    this.bar.setPlaying(false);
    this.order({ type: "pause" });
  }

  private advance(by: "step" | "epoch"): void {
    this.isPlaying = false;
    this.bar.setPlaying(false);
    this.order({ type: by });
    this.say("Training.");
  }

  private order(order: Order): void {
    this.worker?.postMessage(order);
  }

  private onReport(report: Report): void {
    if (report.run !== this.run) return;
    switch (report.type) {
      case "ready":
        this.bar.setReady(true);
        if (this.startsWhenReady) this.start();
        this.startsWhenReady = false;
        return;
      case "snapshot":
        this.onSnapshot(report.snapshot);
        requestAnimationFrame(() => this.order({ type: "seen" }));
        return;
      case "diagnosis":
        this.diagnosis.show(report.diagnosis);
        return;
      case "paused":
        if (!this.isPlaying && this.snapshot) {
          const { step } = this.snapshot;
          this.say(`Paused after ${step.toLocaleString("en")} ${step === 1 ? "step" : "steps"}.`);
        }
        return;
      case "no-webgpu":
        this.settings = { ...this.settings, backend: "wasm" };
        this.fields.get("backend")?.show("wasm");
        this.say(`This browser has no WebGPU, so it trains on WASM. ${report.message}`);
        return;
      default:
        this.isPlaying = false;
        this.bar.setPlaying(false);
        this.say(`Training ended with an error. ${report.message}`);
    }
  }

  private onSnapshot(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    const { surfaces, images, layers, scores, epochs, parameters } = snapshot;
    this.bar.show(snapshot);
    this.scores.show(scores);
    this.plane.setSurfaces(surfaces);
    this.network.paintSurfaces(surfaces);
    if (images) {
      this.predictions.show(images.predictions);
      this.network.paintFilters(images);
    }
    this.network.setSummary(`${parameters.toLocaleString("en")} parameters.`);
    if (layers) {
      this.network.setWeights(layers);
      this.histograms.show(layers);
    }
    if (epochs.length > 0) {
      this.curve.add(epochs);
      if (!this.curve.isEmpty) this.curveFrame.set(curves(this.curve));
    }
  }

  /** After a change of the theme. */
  private repaint(): void {
    this.picker.repaint();
    this.plane.paint();
    this.network.paintSurfaces(this.snapshot?.surfaces);
    if (this.snapshot?.images) this.network.paintFilters(this.snapshot.images);
    this.network.repaint();
    this.curveFrame.paint();
    this.histograms.paint();
  }

  private async share(): Promise<void> {
    const address = location.href;
    try {
      await navigator.clipboard.writeText(address);
      this.say("The address with all settings is in the clipboard.");
    } catch {
      // Without permission: the address is in the browser's own bar.
      this.say(`Copy this address: ${address}`);
    }
  }

  private say(text: string): void {
    this.status.textContent = text;
  }
}

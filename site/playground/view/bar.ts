// The bar with the controls of a run: start, step, reset, and its numbers.
import type { Snapshot } from "../messages.ts";
import { button, element } from "./dom.ts";

export interface BarEvents {
  toggle(): void;
  step(): void;
  epoch(): void;
  reset(): void;
  share(): void;
}

const icons = { start: "M8 5v14l11-7z", pause: "M7 5h4v14H7zM13 5h4v14h-4z" };

export class Bar {
  readonly root: HTMLElement;
  private readonly play: HTMLButtonElement;
  private readonly path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  private readonly word = element("span", {}, "Start");
  private readonly numbers = new Map<string, HTMLElement>();
  private readonly whileReady: HTMLButtonElement[];

  constructor(events: BarEvents, ...fields: readonly HTMLElement[]) {
    const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    icon.setAttribute("viewBox", "0 0 24 24");
    icon.setAttribute("aria-hidden", "true");
    icon.append(this.path);
    this.play = button("", { class: "pg-play", name: "play" }, events.toggle);
    this.play.append(icon, this.word);
    const step = button("Step", { name: "step", title: "Train on one batch" }, events.step);
    const epoch = button("Epoch", { name: "epoch", title: "Train on all data once" }, events.epoch);
    const reset = button("Reset", { name: "reset", title: "Begin again with the same seed" }, events.reset);
    this.whileReady = [this.play, step, epoch];
    const number = (name: string, label: string) => {
      const value = element("output", { name }, "–");
      this.numbers.set(name, value);
      return element("div", { class: "pg-number" }, element("span", {}, label), value);
    };
    this.root = element(
      "div",
      { class: "pg-bar" },
      element("div", { class: "pg-buttons", role: "group", "aria-label": "Training" }, this.play, step, epoch, reset),
      element(
        "div",
        { class: "pg-numbers" },
        number("epoch", "Epoch"),
        number("rate", "Learning rate"),
        number("speed", "Steps a second"),
      ),
      element(
        "div",
        { class: "pg-bar-fields" },
        ...fields,
        button("Share", { name: "share", title: "Copy an address that holds all settings" }, events.share),
      ),
    );
    this.setPlaying(false);
    this.setReady(false);
  }

  setPlaying(isPlaying: boolean): void {
    this.word.textContent = isPlaying ? "Pause" : "Start";
    this.path.setAttribute("d", isPlaying ? icons.pause : icons.start);
    this.play.classList.toggle("pg-is-playing", isPlaying);
  }

  setReady(isReady: boolean): void {
    for (const each of this.whileReady) each.disabled = !isReady;
  }

  show(snapshot: Snapshot | undefined): void {
    const set = (name: string, text: string) => {
      const value = this.numbers.get(name);
      if (value && value.textContent !== text) value.textContent = text;
    };
    if (!snapshot) {
      for (const name of this.numbers.keys()) set(name, "–");
      return;
    }
    const { epoch, step, stepsPerEpoch, rate, stepsPerSecond } = snapshot;
    const part = step % stepsPerEpoch;
    set("epoch", part > 0 ? `${epoch.toLocaleString("en")} + ${part}/${stepsPerEpoch}` : epoch.toLocaleString("en"));
    set("rate", String(Number(rate.toPrecision(3))));
    set("speed", stepsPerSecond ? Math.round(stepsPerSecond).toLocaleString("en") : "–");
  }
}

import { showPixels, side } from "./board.js";

/** A row of the page for one kind: its name, its drawings, and how likely it is. */
export class KindRow {
  /**
   * @param {{ name: string, samples: Float32Array[] }} kind
   * @param {{ add(): void, change(): void }} events a drawing is to be added; drawings or the name were changed.
   */
  constructor(kind, events) {
    this.samples = [...kind.samples];
    this.events = events;
    const template = document.getElementById("kind").content.cloneNode(true);
    this.root = template.firstElementChild;
    this.nameField = this.root.querySelector("input");
    this.button = this.root.querySelector("button");
    this.list = this.root.querySelector("ul");
    this.bar = this.root.querySelector(".bar > div");
    this.percent = this.root.querySelector("output");
    this.nameField.value = kind.name;
    this.nameField.addEventListener("input", () => {
      this.show();
      events.change();
    });
    this.button.addEventListener("click", events.add);
    this.show();
  }

  get name() {
    return this.nameField.value.trim() || "nameless";
  }

  add(pixels) {
    this.samples.push(pixels);
    this.show();
  }

  /** @param {number | undefined} probability of this kind for what is drawn. */
  showProbability(probability) {
    this.bar.style.width = `${100 * (probability ?? 0)}%`;
    this.percent.textContent = probability === undefined ? "" : `${(100 * probability).toFixed(0)} %`;
  }

  show() {
    this.button.textContent = `It is ${this.name}`;
    this.list.setAttribute("aria-label", `Drawings of ${this.name}`);
    this.list.replaceChildren(
      ...this.samples.map((pixels, index) => {
        const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
        showPixels(canvas, pixels);
        const remove = Object.assign(document.createElement("button"), {
          type: "button",
          title: "Remove this drawing",
        });
        remove.setAttribute("aria-label", `Remove drawing ${index + 1} of ${this.name}`);
        remove.append(canvas);
        remove.addEventListener("click", () => {
          this.samples.splice(index, 1);
          this.show();
          this.events.change();
        });
        const item = document.createElement("li");
        item.append(remove);
        return item;
      }),
    );
  }
}

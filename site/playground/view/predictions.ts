// Validation images, each with what the network takes it for.
import type { Prediction } from "../messages.ts";
import { fashionClasses } from "../training/classes.ts";
import { element } from "./dom.ts";

export class Predictions {
  readonly root = element("ul", { class: "pg-predictions", "aria-label": "Validation images and predictions" });
  private items: { canvas: HTMLCanvasElement; text: HTMLElement; bar: HTMLElement; root: HTMLElement }[] = [];

  show(predictions: readonly Prediction[]): void {
    if (this.items.length !== predictions.length) this.make(predictions.length);
    predictions.forEach(({ pixels, label, predicted, probability }, index) => {
      const item = this.items[index];
      if (!item) return;
      const isRight = predicted === label;
      const name = fashionClasses[predicted] ?? "nothing";
      paintGrey(item.canvas, pixels);
      item.text.textContent = `${isRight ? "✓" : "✗"} ${name}`;
      item.bar.style.width = `${100 * (probability || 0)}%`;
      item.root.classList.toggle("pg-wrong", !isRight);
      item.root.title = `Is: ${fashionClasses[label]}. Taken for: ${name}, ${(100 * probability).toFixed(0)} %.`;
    });
  }

  private make(count: number): void {
    this.items = Array.from({ length: count }, () => {
      const canvas = element("canvas", { width: 28, height: 28, "aria-hidden": "true" });
      const text = element("span", { class: "pg-predicted" });
      const bar = element("span", { class: "pg-confidence-value" });
      const root = element("li", {}, canvas, text, element("span", { class: "pg-confidence" }, bar));
      return { canvas, text, bar, root };
    });
    this.root.replaceChildren(...this.items.map(({ root }) => root));
  }
}

/** Dark shapes on white, as clothes in a catalogue. */
function paintGrey(canvas: HTMLCanvasElement, shades: Uint8Array): void {
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  const image = pen.createImageData(28, 28);
  shades.forEach((shade, i) => {
    image.data.set([255 - shade, 255 - shade, 255 - shade, 255], 4 * i);
  });
  pen.putImageData(image, 0, 0);
}

// The choice of a data set, by pictures.
import { extent } from "../points-code.ts";
import { choices, defaults, type Settings, type ValueOf } from "../settings.ts";
import { pointsOf } from "../training/points.ts";
import { colorsNow } from "./colors.ts";
import { element, uniqueId } from "./dom.ts";
import type { Field } from "./fields.ts";

type DataName = ValueOf<"data">;

const size = 56;

/** Radio buttons with a small picture of each data set. `repaint` draws them in the colours of the page. */
export function dataPicker(images: string, change: (value: string) => void): Field & { repaint(): void } {
  const group = uniqueId();
  const inputs = new Map<string, HTMLInputElement>();
  const paints: (() => void)[] = [];
  const options = choices.data.options.map(([value, label]) => {
    const input = element("input", { type: "radio", name: group, value, class: "pg-hidden" });
    input.addEventListener("change", () => change(value));
    inputs.set(value, input);
    const picture =
      value === "fashion" ? element("img", { src: images, alt: "", width: size, height: size }) : sketch();
    if (picture instanceof HTMLCanvasElement) paints.push(() => paintSketch(picture, value));
    return element("label", { class: "pg-data-option" }, input, picture, element("span", {}, label));
  });
  const repaint = () => {
    for (const paint of paints) paint();
  };
  repaint();
  return {
    root: element(
      "fieldset",
      { class: "pg-data-options" },
      element("legend", { class: "pg-hidden" }, choices.data.label),
      ...options,
    ),
    show: (value) => {
      const input = inputs.get(value);
      if (input) input.checked = true;
    },
    repaint,
  };
}

const sketch = () => element("canvas", { width: 2 * size, height: 2 * size, "aria-hidden": "true" });

function paintSketch(canvas: HTMLCanvasElement, data: DataName): void {
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  const { classes, line } = colorsNow();
  pen.clearRect(0, 0, canvas.width, canvas.height);
  if (data === "drawn") {
    pen.strokeStyle = line;
    pen.lineWidth = 5;
    pen.lineCap = "round";
    pen.stroke(new Path2D("M34 78 L40 58 L74 24 L88 38 L54 72 Z M66 32 L80 46"));
    return;
  }
  const settings: Settings = { ...defaults(), data, noise: "0.05", samples: "200" };
  for (const { x, y, label } of pointsOf(settings)) {
    pen.fillStyle = classes[label];
    pen.beginPath();
    pen.arc(((x + extent) / (2 * extent)) * canvas.width, ((extent - y) / (2 * extent)) * canvas.height, 2.6, 0, 7);
    pen.fill();
  }
}

// The page: makes points, lets the worker fit a curve to them, and draws it while it is learned.
import type { Answer, Point, Task } from "./messages.ts";

const EPOCHS = 2000;

const element = <T extends Element = HTMLElement>(id: string) => document.querySelector<T>(`#${id}`) as T;
const [shape, train, stop] = [
  element<HTMLSelectElement>("shape"),
  element<HTMLButtonElement>("train"),
  element<HTMLButtonElement>("stop"),
];

const shapes: Readonly<Record<string, (x: number) => number>> = {
  wave: (x) => 0.7 * Math.sin(6 * x),
  step: (x) => (x < 0 ? -0.6 : 0.6),
  hills: (x) => 1.4 * Math.abs(x) * Math.exp(-3 * x * x) - 0.4,
};

let points: Point[] = [];
let worker: Worker | undefined;

/** Draws points or a curve into the picture, which has y upwards. */
const place = ([x, y]: Point) => `${(100 * (x + 1)).toFixed(1)} ${(100 * (1 - y)).toFixed(1)}`;
const draw = (id: string, all: readonly Point[], each: (at: string, i: number) => string) =>
  element<SVGPathElement>(id).setAttribute("d", all.map((point, i) => each(place(point), i)).join(""));

function choose(): void {
  end("");
  const height = shapes[shape.value] ?? Math.sin;
  points = Array.from({ length: 100 }, () => {
    const x = 2 * Math.random() - 1;
    return [x, height(x) + 0.2 * (Math.random() - 0.5)];
  });
  draw("points", points, (at) => `M${at}h0`);
  draw("curve", [], String);
}

function start(): void {
  end("Starting…");
  worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    if ("error" in data) return end(data.error);
    draw("curve", data.curve, (at, i) => `${i === 0 ? "M" : "L"}${at}`);
    const text = `epoch ${data.epoch} of ${EPOCHS}: mean squared error ${data.loss.toFixed(4)}`;
    if (data.epoch === EPOCHS) end(`Trained, ${text}`);
    else element("status").textContent = text;
  };
  worker.onerror = ({ message }) => end(`The worker failed: ${message}`);
  worker.postMessage({ points, epochs: EPOCHS } satisfies Task);
  [train.disabled, stop.disabled] = [true, false];
}

/** Ends the worker, if there is one; its memory goes with it. */
function end(text: string): void {
  worker?.terminate();
  worker = undefined;
  element("status").textContent = text;
  [train.disabled, stop.disabled] = [false, true];
}

shape.addEventListener("change", choose);
train.addEventListener("click", start);
stop.addEventListener("click", () => end("Stopped."));
choose();

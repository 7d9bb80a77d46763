// The plane: what the network gives everywhere, the points on it, and drawing points by pointer or keyboard.
import type { Surfaces } from "../messages.ts";
import { clamp, extent, type LabelledPoint, rounded } from "../points-code.ts";
import { type Colors, colorsNow, paintBytes } from "./colors.ts";
import { element } from "./dom.ts";

export interface PlaneEvents {
  /** A point was drawn. */
  add(point: LabelledPoint): void;
  removeLast(): void;
}

const size = 600;

export class Plane {
  readonly root: HTMLElement;
  private readonly canvas = element("canvas", { width: size, height: size, class: "pg-plane" });
  private points: readonly LabelledPoint[] = [];
  private surfaces: Surfaces | undefined;
  private isEditable = false;
  /** Of the next point. */
  label: 0 | 1 = 0;
  /** Where the keyboard is. */
  private cursor = { x: 0, y: 0 };
  private showsCursor = false;

  constructor(private readonly events: PlaneEvents) {
    this.root = element("div", { class: "pg-plane-frame" }, this.canvas);
    this.canvas.addEventListener("pointerdown", (event) => this.onPointer(event));
    this.canvas.addEventListener("pointermove", (event) => {
      if (event.buttons === 1) this.onPointer(event);
    });
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
    for (const type of ["focus", "blur"] as const) {
      this.canvas.addEventListener(type, () => {
        this.showsCursor = type === "focus" && this.canvas.matches(":focus-visible");
        this.paint();
      });
    }
  }

  /** Shows points, and says what it is for. */
  setPoints(points: readonly LabelledPoint[], isEditable: boolean): void {
    this.points = points;
    this.isEditable = isEditable;
    const { canvas } = this;
    canvas.classList.toggle("pg-editable", isEditable);
    const what = "The plane of both inputs, coloured by the class that the network gives each place, with the points";
    canvas.setAttribute("role", isEditable ? "application" : "img");
    canvas.setAttribute(
      "aria-label",
      isEditable ? `${what}. Arrow keys move, Enter sets a point, Backspace removes the last.` : what,
    );
    if (isEditable) canvas.tabIndex = 0;
    else canvas.removeAttribute("tabindex");
    this.paint();
  }

  setSurfaces(surfaces: Surfaces | undefined): void {
    this.surfaces = surfaces;
    this.paint();
  }

  paint(): void {
    const { canvas } = this;
    const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
    const colors = colorsNow();
    if (this.surfaces) paintBytes(canvas, this.surfaces.output, colors);
    else pen.clearRect(0, 0, size, size);
    this.paintAxes(pen, colors);
    pen.lineWidth = 2;
    pen.strokeStyle = colors.outline;
    for (const { x, y, label } of this.points) {
      pen.fillStyle = colors.classes[label];
      pen.beginPath();
      if (label === 0) pen.arc(toPixel(x), toPixel(-y), 6.5, 0, 7);
      // Classes differ by shape, too.
      else pen.rect(toPixel(x) - 5.5, toPixel(-y) - 5.5, 11, 11);
      pen.fill();
      pen.stroke();
    }
    if (this.showsCursor && this.isEditable) {
      pen.strokeStyle = colors.classes[this.label];
      pen.lineWidth = 4;
      pen.beginPath();
      pen.arc(toPixel(this.cursor.x), toPixel(-this.cursor.y), 14, 0, 7);
      pen.stroke();
    }
  }

  private paintAxes(pen: CanvasRenderingContext2D, { text, outline }: Colors): void {
    pen.font = "600 20px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const marks = new Path2D();
    const labels: [string, number, number][] = [];
    for (const tick of [-4, -2, 0, 2, 4]) {
      const at = toPixel(tick);
      marks.moveTo(at, size);
      marks.lineTo(at, size - 8);
      marks.moveTo(0, at);
      marks.lineTo(8, at);
      labels.push([String(tick), at, size - 22], [String(-tick), 24, at]);
    }
    // On any colour: dark on a light edge, or light on a dark one.
    pen.lineJoin = "round";
    for (const [color, width] of [
      [outline, 5],
      [text, 1.5],
    ] as const) {
      pen.strokeStyle = color;
      pen.lineWidth = width;
      pen.stroke(marks);
      if (color === outline) for (const label of labels) pen.strokeText(...label);
    }
    pen.fillStyle = text;
    for (const label of labels) pen.fillText(...label);
  }

  private onPointer(event: PointerEvent): void {
    if (!this.isEditable || event.button > 0) return;
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const point = rounded((2 * x - 1) * extent, (1 - 2 * y) * extent, this.label);
    // A stroke sets points at some distance from each other.
    const last = this.points.at(-1);
    const isNear = last && Math.hypot(last.x - point.x, last.y - point.y) < 0.35;
    if (event.type === "pointermove" && isNear) return;
    event.preventDefault();
    if (event.type === "pointerdown") this.canvas.focus({ preventScroll: true });
    this.events.add(point);
  }

  private onKey(event: KeyboardEvent): void {
    if (!this.isEditable || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 0.1 : 0.5;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, step],
      ArrowDown: [0, -step],
    };
    const move = moves[event.key];
    if (move) {
      this.cursor = { x: clamp(this.cursor.x + move[0]), y: clamp(this.cursor.y + move[1]) };
    } else if (event.key === "Enter" || event.key === " ") {
      this.events.add(rounded(this.cursor.x, this.cursor.y, this.label));
    } else if (event.key === "Backspace") {
      this.events.removeLast();
    } else return;
    this.showsCursor = true;
    event.preventDefault();
    this.paint();
  }
}

const toPixel = (value: number) => ((value + extent) / (2 * extent)) * size;

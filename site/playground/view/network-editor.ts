// The hidden layers: their units as pictures of what they give, joined by lines for the weights, and buttons to change
// them.
import { type ImageView, type LayerValues, type Surfaces, shownUnits } from "../messages.ts";
import { maxLayers, maxUnits } from "../settings.ts";
import { colorsNow, paintBytes } from "./colors.ts";
import { button, element } from "./dom.ts";

const svgNamespace = "http://www.w3.org/2000/svg";

interface Column {
  readonly units: readonly HTMLCanvasElement[];
}

export class NetworkEditor {
  readonly root: HTMLElement;
  private readonly columns = element("div", { class: "pg-layers" });
  private readonly lines = document.createElementNS(svgNamespace, "svg");
  private readonly add = button("+ Layer", { class: "pg-small", "data-act": "add" }, () =>
    this.change([...this.layers, this.layers.at(-1) ?? 4]),
  );
  private readonly summary = element("p", { class: "pg-note" });
  private drawn: readonly Column[] = [];
  private layers: readonly number[] = [];
  private isFashion = false;
  private weights: readonly LayerValues[] = [];

  constructor(private readonly change: (layers: readonly number[]) => void) {
    this.lines.setAttribute("aria-hidden", "true");
    this.lines.classList.add("pg-lines");
    this.root = element(
      "div",
      { class: "pg-network" },
      element("div", { class: "pg-network-frame" }, this.columns),
      element("div", { class: "pg-network-foot" }, this.summary, this.add),
    );
    this.columns.append(this.lines);
    new ResizeObserver(() => this.paintLines()).observe(this.columns);
  }

  /** Makes the columns anew. */
  setLayers(layers: readonly number[], isFashion: boolean): void {
    this.layers = layers;
    this.isFashion = isFashion;
    const inputs = isFashion ? ["28 × 28"] : ["x", "y"];
    const outputs = isFashion ? "10 classes" : "class";
    this.weights = [];
    const focused = document.activeElement?.getAttribute("data-act");
    const columns = layers.map((units, index) => this.column(units, index, !isFashion || index === 0));
    this.drawn = columns.map(({ units }) => ({ units }));
    this.add.disabled = layers.length >= maxLayers;
    this.columns.replaceChildren(
      this.lines,
      element(
        "div",
        { class: "pg-layer pg-ends" },
        element("span", { class: "pg-layer-name" }, "Input"),
        ...inputs.map((name) => element("span", { class: "pg-end" }, name)),
      ),
      ...columns.map(({ root }) => root),
      element(
        "div",
        { class: "pg-layer pg-ends" },
        element("span", { class: "pg-layer-name" }, "Output"),
        element("span", { class: "pg-end" }, outputs),
      ),
    );
    // The keyboard stays where it was, or goes to the next button that is there.
    const focusable = [focused, focused?.replace("remove", "less").replace(/\d+$/, "0"), "add"];
    const next =
      focused &&
      focusable.map((act) => this.root.querySelector<HTMLElement>(`[data-act="${act}"]:enabled`)).find(Boolean);
    if (next) next.focus();
    this.paintLines();
  }

  private column(count: number, index: number, hasPictures: boolean): Column & { root: HTMLElement } {
    const name = `layer ${index + 1}`;
    const set = (units: number) => this.change(this.layers.map((old, i) => (i === index ? units : old)));
    const units = hasPictures
      ? Array.from({ length: Math.min(shownUnits, count) }, () =>
          element("canvas", { width: 56, height: 56, class: "pg-unit", "aria-hidden": "true" }),
        )
      : [];
    const blocks = hasPictures
      ? units
      : Array.from({ length: Math.min(shownUnits, count) }, () => element("span", { class: "pg-unit pg-unit-plain" }));
    const root = element(
      "div",
      { class: "pg-layer", role: "group", "aria-label": `Hidden ${name}, ${count} units` },
      element(
        "span",
        { class: "pg-layer-name" },
        `${count}`,
        element("span", { class: "pg-wide" }, count === 1 ? " unit" : " units"),
      ),
      element(
        "div",
        { class: "pg-layer-buttons" },
        button(
          "−",
          {
            class: "pg-round",
            "aria-label": `Fewer units in ${name}`,
            "data-act": `less${index}`,
            disabled: count <= 1,
          },
          () => set(count > 16 ? count - 8 : count - 1),
        ),
        button(
          "+",
          {
            class: "pg-round",
            "aria-label": `More units in ${name}`,
            "data-act": `more${index}`,
            disabled: count >= maxUnits,
          },
          () => set(count >= 16 ? Math.min(maxUnits, count + 8) : count + 1),
        ),
      ),
      ...blocks,
      count > shownUnits && element("span", { class: "pg-more" }, `+${count - shownUnits}`),
      button(
        "×",
        {
          class: "pg-round pg-remove",
          title: `Remove ${name}`,
          "aria-label": `Remove ${name}`,
          "data-act": `remove${index}`,
        },
        () => this.change(this.layers.filter((_, i) => i !== index)),
      ),
    );
    return { root, units };
  }

  setSummary(text: string): void {
    this.summary.textContent = text;
  }

  paintSurfaces(surfaces: Surfaces | undefined): void {
    surfaces?.units.forEach((units, layer) => {
      this.paintUnits(layer, units);
    });
  }

  /** The first layer shows its weights as images. */
  paintFilters({ filters }: ImageView): void {
    this.paintUnits(0, filters);
  }

  private paintUnits(layer: number, units: readonly Uint8Array[]): void {
    const colors = colorsNow();
    this.drawn[layer]?.units.forEach((canvas, unit) => {
      const bytes = units[unit];
      if (bytes) paintBytes(canvas, bytes, colors);
    });
  }

  setWeights(layers: readonly LayerValues[]): void {
    this.weights = layers;
    this.paintLines();
  }

  /** After a change of the theme. */
  repaint(): void {
    this.paintLines();
  }

  /** Lines between neighbouring columns, as thick as the weights are large. */
  private paintLines(): void {
    const box = this.columns.getBoundingClientRect();
    const columns = [...this.columns.querySelectorAll(".pg-layer")].map((column) =>
      [...column.querySelectorAll(".pg-unit, .pg-end")].map((unit) => {
        const { left, right, top, height } = unit.getBoundingClientRect();
        return { left: left - box.left, right: right - box.left, y: top - box.top + height / 2 };
      }),
    );
    this.lines.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
    const paths: SVGPathElement[] = [];
    const { classes } = colorsNow();
    columns.slice(1).forEach((to, gap) => {
      const from = columns[gap] ?? [];
      const units = this.layers[gap] ?? 1;
      const weights = this.weights[gap]?.weights;
      // Images and their classes are one box each, for many inputs and outputs.
      const isBox = this.isFashion && (gap === 0 || gap === this.layers.length);
      const known = isBox ? undefined : weights;
      const largest = known?.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-9) ?? 1;
      from.forEach((start, i) => {
        to.forEach((end, j) => {
          const weight = known?.[i * units + j];
          const path = document.createElementNS(svgNamespace, "path");
          const middle = (start.right + end.left) / 2;
          path.setAttribute(
            "d",
            `M${start.right} ${start.y}C${middle} ${start.y} ${middle} ${end.y} ${end.left} ${end.y}`,
          );
          path.setAttribute("stroke", weight === undefined ? "currentColor" : classes[weight < 0 ? 0 : 1]);
          path.setAttribute(
            "stroke-width",
            weight === undefined ? "0.6" : (0.3 + (3 * Math.abs(weight)) / largest).toFixed(2),
          );
          path.setAttribute("opacity", weight === undefined ? "0.4" : "0.7");
          paths.push(path);
        });
      });
    });
    this.lines.replaceChildren(...paths);
  }
}

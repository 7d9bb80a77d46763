// The histograms of all layers.
import type { LayerValues } from "../messages.ts";
import { ChartFrame, histograms } from "./charts.ts";
import { element } from "./dom.ts";

export class Histograms {
  readonly root = element("div", { class: "pg-histogram-list" });
  private frames: ChartFrame[] = [];
  private names = "";

  show(layers: readonly LayerValues[]): void {
    const names = layers.map(({ name }) => name).join();
    if (names !== this.names) {
      this.names = names;
      this.frames = layers.map(() => new ChartFrame("Nothing to show yet."));
      // On a telephone only the first is open.
      const isWide = matchMedia("(min-width: 720px)").matches;
      this.root.replaceChildren(
        ...layers.map(({ name }, index) =>
          element(
            "details",
            { open: isWide || index === 0 },
            element("summary", {}, capitalized(name)),
            this.frames[index]?.root,
          ),
        ),
      );
    }
    layers.forEach((layer, index) => {
      this.frames[index]?.set(histograms(layer));
    });
  }

  paint(): void {
    for (const frame of this.frames) frame.paint();
  }
}

const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

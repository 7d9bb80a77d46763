// The drawing of a network.
import { formatShape } from "../ir/shape.ts";
import type { Layer } from "../nn/layer.ts";
import { findApplications } from "../nn/model-graph.ts";
import { Network } from "../nn/network.ts";
import { countOf, grouped, summary } from "../nn/summary.ts";
import type { SymbolicTensor } from "../nn/symbolic.ts";
import { checkOptions } from "../options.ts";
import { type Body, checkSubject, figure, type PlotOptions, plotTable } from "./figure.ts";
import { layOut } from "./model-layout.ts";
import type { Plot } from "./plot.ts";
import { label, path, rounded, tag, widestOf } from "./svg.ts";

/** A layer, or an input, as it is drawn. */
interface Node {
  readonly name: string;
  readonly lines: readonly string[];
  /** Class of its stripe: "s0" where it has weights that are trained, "s3" where all are frozen, "m" without any. */
  readonly colour: string;
  readonly from: readonly number[];
}

/**
 * A network as boxes and arrows: name, kind, output shape and number of parameters of each layer. A layer that is
 * used several times has a box for each use. The stripe at the left is blue where it has weights that are trained,
 * purple where all are frozen.
 * @throws ValueError on what is no model, and on options out of range.
 * @example plotModel(model).svg;
 * @see Keras 3 `utils.plot_model`.
 */
export function plotModel(model: Network, options: PlotOptions = {}): Plot {
  const checked = checkOptions("plotModel", options, plotTable);
  checkSubject("plotModel", model instanceof Network, "takes a model", "a model", model);
  const nodes = model.built ? graphNodes(model) : chainNodes(model);
  return figure("plotModel", checked, {
    title: model.name,
    description: `${model.layers.length} layers, ${grouped(countOf(model.variables))} parameters`,
    legend: nodes.some(({ colour }) => colour === "s3") ? [{ name: "trained" }, { name: "frozen", colour: 3 }] : [],
    draw: (width) => drawNodes(nodes, width),
    text: summary(model),
  });
}

/** The node of a layer. A layer that was drawn before does not count its parameters again. */
function layerNode(model: Network, layer: Layer, shapes: string, from: readonly number[], isAgain: boolean): Node {
  const name = model.nameOf(layer);
  const count = countOf(layer.variables);
  return {
    name,
    lines: [
      `${layer.kind === name ? "" : `${layer.kind}  `}${shapes}`,
      ...(count > 0 ? [isAgain ? "shared weights" : `${grouped(count)} parameters`] : []),
    ],
    colour: count === 0 ? "m" : layer.trainableVariables.length > 0 ? "s0" : "s3",
    from,
  };
}

function graphNodes(model: Network): Node[] {
  const nodes: Node[] = [];
  const places = new Map<SymbolicTensor, number>();
  for (const tensor of model.inputs) {
    places.set(tensor, nodes.length);
    nodes.push({ name: model.nameOf(tensor), lines: [`input  ${formatShape(tensor.shape)}`], colour: "m", from: [] });
  }
  const drawn = new Set<Layer>();
  for (const { layer, inputs, outputs } of findApplications(model.label, model.inputs, model.outputs)) {
    const from = [...new Set(inputs.map((tensor) => places.get(tensor) as number))];
    for (const output of outputs) places.set(output, nodes.length);
    const shapes = outputs.map(({ shape }) => formatShape(shape)).join(", ");
    nodes.push(layerNode(model, layer, shapes, from, drawn.has(layer)));
    drawn.add(layer);
  }
  return nodes;
}

const chainNodes = (model: Network): Node[] =>
  model.layers.map((layer, index) => layerNode(model, layer, "shape not known", index > 0 ? [index - 1] : [], false));

const [LINE, MARGIN, BETWEEN] = [15, 8, 26];

function drawNodes(nodes: readonly Node[], room: number): Body {
  const boxes = nodes.map(({ name, lines, from }) => ({
    width: Math.min(280, Math.max(130, widestOf([name, ...lines]) + 26)),
    height: LINE * (1 + lines.length) + 2 * MARGIN,
    from,
  }));
  const layout = layOut(boxes);
  const shift = Math.max(0, (room - layout.width) / 2);
  // Where each row begins and ends.
  let height = -BETWEEN;
  const rows = Array.from({ length: layout.rows }, (_, row) => {
    const top = height + BETWEEN;
    height = top + Math.max(...boxes.map((box, index) => (layout.places[index]?.row === row ? box.height : 0)));
    return { top, bottom: height };
  });
  const drawn = layout.places.map(({ row, x }, index) => {
    const [node, box] = [nodes[index], boxes[index]] as [Node, (typeof boxes)[number]];
    return drawBox(node, x + shift - box.width / 2, rows[row]?.top ?? 0, box.width, box.height);
  });
  const arrows = layout.edges.map(({ from, xs }) => {
    const first = layout.places[from]?.row ?? 0;
    const [start = 0, ...others] = xs.map((x) => rounded(x + shift));
    let d = `M${start} ${(rows[first]?.top ?? 0) + (boxes[from]?.height ?? 0)}`;
    let [last, top] = [start, 0];
    others.forEach((x, index) => {
      const above = rows[first + index]?.bottom ?? 0;
      top = above + BETWEEN;
      d += `V${above}C${[last, above + BETWEEN / 2, x, above + BETWEEN / 2, x, top].join(" ")}`;
      last = x;
    });
    return path("e", d) + path("m", `M${last} ${top}l-4 -7h8z`);
  });
  return { content: [...arrows, ...drawn].join(""), height: Math.max(0, height), width: layout.width };
}

function drawBox({ name, lines, colour }: Node, x: number, y: number, width: number, height: number): string {
  const at = { x, y, height };
  return [
    tag("rect", { class: "n", ...at, width, rx: 4 }),
    tag("rect", { class: colour === "m" ? "m" : `a ${colour}`, ...at, width: 4, rx: 2 }),
    ...[name, ...lines].map((line, index) =>
      label(x + 14, y + MARGIN + 11 + LINE * index, line, index === 0 ? "w" : "k m", width - 22),
    ),
  ].join("");
}

// The drawing of a network.
import { literal, valueError } from "../errors.ts";
import { formatShape } from "../ir/shape.ts";
import type { Layer } from "../nn/layer.ts";
import { findApplications } from "../nn/model-graph.ts";
import { Network } from "../nn/network.ts";
import { countOf, grouped, summary } from "../nn/summary.ts";
import type { SymbolicTensor } from "../nn/symbolic.ts";
import { checkOptions } from "../options.ts";
import { type Body, figure, type LegendEntry, type PlotOptions, plotTable } from "./figure.ts";
import { layOut } from "./model-layout.ts";
import type { Plot } from "./plot.ts";
import { label, rounded, tag, widthOf } from "./svg.ts";

/** A layer, or an input, as it is drawn. */
interface Node {
  readonly name: string;
  readonly lines: readonly string[];
  /** "s0" where it has weights that are trained, "s3" where all are frozen, "m" where it has none. */
  readonly as: string;
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
  if (!(model instanceof Network))
    throw valueError("plotModel", { rule: "takes a model", expected: "a model", received: literal(model) });
  const nodes = model.built ? graphNodes(model) : chainNodes(model);
  const frozen: LegendEntry[] = nodes.some((node) => node.as === "s3")
    ? [{ name: "trained" }, { name: "frozen", colour: 3 }]
    : [];
  return figure("plotModel", checked, {
    title: model.name,
    description: `${model.layers.length} layers, ${grouped(countOf(model.variables))} parameters`,
    legend: frozen,
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
    as: count === 0 ? "m" : layer.trainableVariables.length > 0 ? "s0" : "s3",
    from,
  };
}

function graphNodes(model: Network): Node[] {
  const nodes: Node[] = [];
  const places = new Map<SymbolicTensor, number>();
  for (const tensor of model.inputs) {
    places.set(tensor, nodes.length);
    nodes.push({ name: model.nameOf(tensor), lines: [`input  ${formatShape(tensor.shape)}`], as: "m", from: [] });
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
  const width = ({ name, lines }: Node) =>
    Math.min(280, Math.max(130, widthOf(name) * 1.08, ...lines.map((line) => widthOf(line, 11))) + 26);
  const height = ({ lines }: Node) => LINE * (1 + lines.length) + 2 * MARGIN;
  const layout = layOut(nodes.map((node) => ({ width: width(node), from: node.from })));
  const heights = Array.from({ length: layout.rows }, () => 0);
  layout.places.forEach(({ row }, index) => {
    heights[row] = Math.max(heights[row] ?? 0, height(nodes[index] as Node));
  });
  const tops = heights.map((_, row) => heights.slice(0, row).reduce((sum, each) => sum + each + BETWEEN, 0));
  const shift = Math.max(0, (room - layout.width) / 2);
  const boxes = nodes.map((node, index) => {
    const { row, x } = layout.places[index] as { row: number; x: number };
    return drawBox(node, x + shift - width(node) / 2, tops[row] as number, width(node), height(node));
  });
  const arrows = layout.edges.map(({ from, to, xs }) => {
    const first = (layout.places[from] as { row: number }).row;
    const begin = (tops[first] as number) + height(nodes[from] as Node);
    const parts = [`M${rounded((xs[0] as number) + shift)} ${rounded(begin)}`];
    for (let i = 1; i < xs.length; i++) {
      const [x, before] = [(xs[i] as number) + shift, (xs[i - 1] as number) + shift];
      const [top, above] = [
        tops[first + i] as number,
        (tops[first + i - 1] as number) + (heights[first + i - 1] as number),
      ];
      const bend = above + BETWEEN / 2;
      parts.push(`V${rounded(above)}C${[before, bend, x, bend, x, top].map(rounded).join(" ")}`);
    }
    const [x, y] = [(xs.at(-1) as number) + shift, tops[(layout.places[to] as { row: number }).row] as number];
    return (
      tag("path", { class: "e", d: parts.join("") }) +
      tag("path", { class: "m", d: `M${rounded(x)} ${rounded(y)}l-4 -7h8z` })
    );
  });
  return {
    content: arrows.join("") + boxes.join(""),
    height: Math.max(0, (tops.at(-1) ?? 0) + (heights.at(-1) ?? 0)),
    width: layout.width,
  };
}

function drawBox({ name, lines, as }: Node, x: number, y: number, width: number, height: number): string {
  const room = width - 22;
  return [
    tag("rect", { class: "n", x, y, width, height, rx: 4 }),
    tag("rect", { class: as, fill: as === "m" ? false : "currentColor", x, y, width: 4, height, rx: 2 }),
    label(x + 14, y + MARGIN + 11, name, { isBold: true, room }),
    ...lines.map((line, index) =>
      label(x + 14, y + MARGIN + 11 + LINE * (index + 1), line, { as: "m", size: 11, room }),
    ),
  ].join("");
}

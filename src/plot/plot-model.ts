// The drawing of a network.
import { formatShape } from "../ir/shape.ts";
import type { Layer } from "../nn/layer.ts";
import { findApplications } from "../nn/model-graph.ts";
import { Network } from "../nn/network.ts";
import { countOf, grouped, summary } from "../nn/summary.ts";
import type { SymbolicTensor } from "../nn/symbolic.ts";
import { checkOptions } from "../options.ts";
import { type Body, checkSubject, figure, legend, type PlotOptions, plotTable } from "./figure.ts";
import { layOut } from "./model-layout.ts";
import type { Plot } from "./plot.ts";
import { label, moved, path, tag, widestOf } from "./svg.ts";

/** A layer, or an input, as it is drawn. */
interface Node {
  /** Its name, and what there is to say of it. */
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
    draw: (width) => [
      legend(
        nodes.some(({ colour }) => colour === "s3") ? [{ name: "trained" }, { name: "frozen", colour: 3 }] : [],
        width,
      ),
      drawNodes(nodes, width),
    ],
    text: summary(model),
  });
}

/** The node of a layer. A layer that was drawn before does not count its parameters again. */
function layerNode(model: Network, layer: Layer, shapes: string, from: readonly number[], isAgain: boolean): Node {
  const name = model.nameOf(layer);
  const count = countOf(layer.variables);
  return {
    lines: [
      name,
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
    nodes.push({ lines: [model.nameOf(tensor), `input  ${formatShape(tensor.shape)}`], colour: "m", from: [] });
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

/** The height of a line of text, and the room above and below all of them. */
const [LINE, MARGIN] = [15, 8];

function drawNodes(nodes: readonly Node[], room: number): Body {
  const boxes = nodes.map(({ lines, from }) => ({
    // Even, so that half of it is a whole number.
    width: 2 * Math.ceil(Math.min(280, Math.max(130, widestOf(lines) + 34)) / 2),
    height: LINE * lines.length + 2 * MARGIN,
    from,
  }));
  const { places, arrows, width, height } = layOut(boxes);
  const content = [
    ...arrows.map(({ to, d }) => path("e", d) + path("m", `M${places[to]?.x} ${places[to]?.y}l-4 -7h8z`)),
    ...boxes.map((box, index) => {
      const { x = 0, y = 0 } = places[index] ?? {};
      return moved(x - box.width / 2, y, drawBox(nodes[index] as Node, box.width, box.height));
    }),
  ];
  return { content: moved(Math.max(room, width) / 2, 0, content.join("")), height, width };
}

const drawBox = ({ lines, colour }: Node, width: number, height: number): string =>
  [
    tag("rect", { class: "n", width, height, rx: 4 }),
    tag("rect", { class: colour === "m" ? "m" : `a ${colour}`, width: 4, height, rx: 2 }),
    ...lines.map((line, index) => label(14, MARGIN + 11 + LINE * index, line, index === 0 ? "w" : "k m", width - 22)),
  ].join("");

import { formatShape, sizeOf } from "../ir/shape.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Layer } from "./layer.ts";
import type { Network } from "./network.ts";

/**
 * A network as a table: layer (kind), output shape, number of parameters; what feeds it where that is not simply the
 * layer before; totals with sizes. Nothing is printed. As Keras's `model.summary()`.
 */
export function summary(network: Network): string {
  const isChain =
    !network.built ||
    network.layers.every((layer, index) => {
      const feeders = network.feedersOf(layer);
      return feeders.length === 1 && (index === 0 || feeders[0] === network.nameOf(network.layers[index - 1] as Layer));
    });
  const head = ["Layer (kind)", "Output shape", "Param #", ...(isChain ? [] : ["Connected to"])];
  const rows = network.layers.map((layer) => [
    `${network.nameOf(layer)} (${layer.kind})`,
    shapeText(network, layer),
    `${grouped(countOf(layer.variables))}${network.built || layer.built ? "" : " (unbuilt)"}`,
    ...(isChain ? [] : [network.feedersOf(layer).join(", ")]),
  ]);
  return [`Model: "${network.name}"${network.built ? "" : " (unbuilt)"}`, table(head, rows), ...totals(network)].join(
    "\n",
  );
}

function shapeText(network: Network, layer: Layer): string {
  const texts = new Set(network.shapesOf(layer).map(formatShape));
  if (texts.size === 0) return "?";
  return texts.size === 1 ? ([...texts][0] as string) : "multiple";
}

function totals(network: Network): string[] {
  const all = network.variables;
  const trainable = new Set(network.trainableVariables);
  const line = (what: string, variables: readonly Variable[]) =>
    ` ${what}: ${grouped(countOf(variables))} (${bytes(4 * countOf(variables))})`;
  return [
    line("Total params", all),
    line("Trainable params", [...trainable]),
    line(
      "Non-trainable params",
      all.filter((variable) => !trainable.has(variable)),
    ),
  ];
}

/** Parameters in all: the elements of the variables. */
export function countOf(variables: readonly Variable[]): number {
  return variables.reduce((count, variable) => count + sizeOf(variable.shape), 0);
}

/** 266610 → "266,610". */
export function grouped(n: number): string {
  return String(n).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** 1066440 → "1.02 MB". */
function bytes(n: number): string {
  const units = ["B", "KB", "MB", "GB"];
  const power = n === 0 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(n) / 10));
  return `${(n / 1024 ** power).toFixed(2)} ${units[power]}`;
}

/** Numbers (the third column) are aligned to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] as string).length)),
  );
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map((width) => "─".repeat(width + 2)).join(middle) + right;
  const line = (row: readonly string[]) =>
    `│${row.map((text, column) => ` ${column === 2 ? text.padStart(widths[column] as number) : text.padEnd(widths[column] as number)} `).join("│")}│`;
  return [rule("┌", "┬", "┐"), line(head), rule("├", "┼", "┤"), ...rows.map(line), rule("└", "┴", "┘")].join("\n");
}

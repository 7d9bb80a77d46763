// Uses of layers in a Functional configuration: their arguments, of Keras 3 and Keras 2.
import { isPlainRecord } from "../../data/tree.ts";
import type { SymbolicTensor } from "../../nn/symbolic.ts";
import { damaged, unsupported } from "../file-error.ts";
import type { KerasPart } from "./keras-part.ts";
import { callOptions, toCamel } from "./names.ts";

/** What names a tensor: its layer, which use of it, which output. */
export type History = readonly [name: string, node: number, output: number];

/** One use of a layer. */
export interface Node {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** The tensors that it takes. */
  readonly sources: readonly History[];
  /** The masks that it takes. */
  readonly masks: readonly History[];
}

/** Arguments that masks come in, which flow by themselves. */
const isMask = (key: string): boolean => /^(query_|value_|key_)?mask$/.test(key);

/** A tensor in the arguments of Keras 3, or of Keras 2. */
function historyOf(value: unknown): History | undefined {
  if (isPlainRecord(value) && value.class_name === "__keras_tensor__" && isPlainRecord(value.config))
    return historyOf(value.config.keras_history);
  if (!Array.isArray(value) || value.length < 3) return undefined;
  const [name, node, output] = value;
  return typeof name === "string" && Number.isInteger(node) && Number.isInteger(output)
    ? [name, node, output]
    : undefined;
}

/** All tensors in a structure; those of a record in the order of its keys, as in Keras. */
export function histories(value: unknown): History[] {
  const history = historyOf(value);
  if (history) return [history];
  if (Array.isArray(value)) return value.flatMap(histories);
  if (!isPlainRecord(value)) return [];
  // A tuple, in some versions.
  if (value.class_name === "__tuple__") return histories(value.items ?? value.config);
  return Object.keys(value)
    .sort()
    .flatMap((key) => histories(value[key]));
}

/** The uses of a layer. @throws FileError where they are no list of uses. */
export function nodesOf({ inbound_nodes: nodes = [], config }: KerasPart): Node[] {
  if (!Array.isArray(nodes)) throw damaged("loadModel", "the uses of a layer must be a list", "a list", nodes);
  return nodes.map((node) => {
    const { args, kwargs } = isPlainRecord(node) && Array.isArray(node.args) ? node : legacy(node);
    const named = isPlainRecord(kwargs) ? kwargs : {};
    const entries = Object.entries(named);
    const masks = entries.flatMap(([key, value]) => (isMask(key) ? histories(value) : []));
    // What else has a tensor as its mask is told so by its second argument.
    const sources = [...histories(args), ...entries.flatMap(([key, value]) => (isMask(key) ? [] : histories(value)))];
    if (named.constants !== undefined && named.constants !== null)
      throw unsupported("loadModel", `constants of the recurrent layer ${config.name}`);
    return { args: args as unknown[], kwargs: named, sources, masks };
  });
}

/** A use in a file of Keras 2: a list of [name, node, output, arguments], or one of these. */
function legacy(node: unknown): { args: unknown[]; kwargs: unknown } {
  const list = Array.isArray(node) && typeof node[0] === "string" ? [node] : node;
  if (!Array.isArray(list)) throw damaged("loadModel", "a use of a layer must be a list of tensors", "a list", node);
  const tensors = list.map((item) => (Array.isArray(item) ? item.slice(0, 3) : item));
  return { args: tensors.length === 1 ? tensors : [tensors], kwargs: Array.isArray(list[0]) ? list[0][3] : {} };
}

/** How a layer gets its tensors. */
export interface Arguments {
  /** Whether it gets the one tensor rather than a list of it. */
  readonly isAlone: boolean;
  readonly tensors: readonly SymbolicTensor[];
  /** What is an option of the layer here. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** The arguments of a use. @throws FileError on arguments that have no place here. */
export function argumentsOf(
  part: KerasPart,
  { args, kwargs }: Node,
  find: (history: History) => SymbolicTensor,
): Arguments {
  const options: Record<string, unknown> = {};
  const rest: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(kwargs)) {
    if (value === null || isMask(key) || key === "training") continue;
    const option = toCamel(key);
    if (callOptions.includes(option)) {
      if (value !== false) options[option] = value;
    } else rest[key] = value;
  }
  const [first, ...others] = args;
  const isHeads = /^(MultiHead|GroupQuery|GroupedQuery)Attention$/.test(part.class_name);
  if (isHeads) {
    const { query = first, value = others[0] ?? query, key = others[1], attention_mask: mask } = rest;
    const inputs = [query, value, ...(key || mask ? [key ?? value] : []), ...(mask ? [mask] : [])];
    return { isAlone: false, tensors: histories(inputs).map(find), options };
  }
  // Operations may have a number before the tensor.
  const [positional, second] = args.filter((arg) => histories(arg).length > 0);
  const states = rest.initial_state ?? second;
  const given = positional ?? rest.inputs ?? rest.sequence ?? rest.sequences;
  const tensors = [...histories(given), ...histories(states)].map(find);
  const unknown = Object.keys(rest).find((key) => !/^(inputs|sequences?|initial_state|y|x1|x2)$/.test(key));
  if (unknown !== undefined)
    throw unsupported("loadModel", `the argument ${unknown} of ${part.class_name} "${part.config.name}"`);
  return { isAlone: tensors.length === 1 && historyOf(given) !== undefined, tensors, options };
}

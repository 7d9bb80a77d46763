// The state of an optimizer in the order in which Keras 3 keeps it.
import type { Optimizer } from "../../optim/optimizer.ts";
import type { Variable } from "../../tensor/variable.ts";

/**
 * Our slots in the order of Keras's variables, by the optimizer's kind. Groups, parted by "|", go through all trained
 * variables one after the other; the slots of a group lie together for each.
 */
const orders: Readonly<Record<string, string>> = {
  sgd: "m",
  rmsprop: "v|b|a",
  adam: "m v|h",
  adamW: "m v|h",
  nadam: "m v",
  adamax: "m u",
  adagrad: "a",
  adadelta: "v d",
  adafactor: "r c v",
  ftrl: "n z",
  lion: "m",
  lamb: "m v",
  muon: "m v",
  scheduleFreeAdamW: "z v",
};

/** A number or an array of the state: a variable of ours, or the shape of one that only Keras has. */
export type StateEntry = Variable | readonly number[];

/**
 * The state behind the iteration and the learning rate; undefined for an optimizer that Keras does not have.
 * Builds the optimizer.
 */
export function stateEntries(optimizer: Optimizer, trained: readonly Variable[]): StateEntry[] | undefined {
  const order = orders[optimizer.kind];
  if (order === undefined) return undefined;
  optimizer.build(trained);
  const { state } = optimizer;
  const { useEma, gradientAccumulationSteps } = optimizer.getConfig();
  return [
    ...(useEma ? trained.map((variable) => state.averageOf(variable)) : []),
    ...(gradientAccumulationSteps === undefined ? [] : trained.map((variable) => state.accumulatorOf(variable))),
    ...order.split("|").flatMap((group) =>
      trained.flatMap((variable) => {
        const slots = state.slotsOf(variable);
        return group.split(" ").flatMap((name): StateEntry[] => {
          if (slots[name]) return [slots[name]];
          // Keras makes all three, and uses some.
          return optimizer.kind === "adafactor" ? [name === "v" ? variable.shape : []] : [];
        });
      }),
    ),
    ...Object.values(state.shared),
  ];
}

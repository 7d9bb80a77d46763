// The state that an optimizer keeps for each variable.
import { Variable } from "../tensor/variable.ts";
import type { Method, SlotSpec } from "./update-rule.ts";

/**
 * The variables that an optimizer keeps. They belong to the variables that it trains, never to positions in a list, and
 * are made on first need.
 */
export class OptimizerState {
  /** Rank-0 state that all trained variables share, by name. */
  readonly shared: Readonly<Record<string, Variable>>;
  private readonly slots = new Map<Variable, Readonly<Record<string, Variable>>>();
  private readonly averages = new Map<Variable, Variable>();
  private readonly accumulators = new Map<Variable, Variable>();

  /** @param name begins the names of all variables. */
  constructor(
    private readonly name: string,
    private readonly method: Method,
  ) {
    this.shared = Object.fromEntries(
      Object.entries(method.shared ?? {}).map(([key, initial]) => [
        key,
        new Variable([], { initial, name: `${name}/${key}`, trainable: false }),
      ]),
    );
  }

  /** All of it: shared, then by trained variable. */
  get variables(): Variable[] {
    const trained = [...new Set([...this.slots.keys(), ...this.averages.keys(), ...this.accumulators.keys()])];
    return [
      ...Object.values(this.shared),
      ...trained.flatMap((variable) => [
        ...Object.values(this.slots.get(variable) ?? {}),
        ...[this.averages.get(variable), this.accumulators.get(variable)].flatMap((slot) => slot ?? []),
      ]),
    ];
  }

  /** What the method remembers for a variable, by name. */
  slotsOf(variable: Variable): Readonly<Record<string, Variable>> {
    return getOrMake(this.slots, variable, () =>
      Object.fromEntries(
        Object.entries(this.method.slots(variable)).map(([name, spec]) => [
          name,
          this.newSlot(variable, name, spec as SlotSpec),
        ]),
      ),
    );
  }

  /** The moving average of a variable. */
  averageOf(variable: Variable): Variable {
    return getOrMake(this.averages, variable, () => this.newSlot(variable, "average"));
  }

  /** The moving average of a variable; undefined where there is none yet. */
  knownAverageOf(variable: Variable): Variable | undefined {
    return this.averages.get(variable);
  }

  /** The sum of a variable's gradients since the last update. */
  accumulatorOf(variable: Variable): Variable {
    return getOrMake(this.accumulators, variable, () => this.newSlot(variable, "accumulator"));
  }

  private newSlot(
    variable: Variable,
    name: string,
    { shape, initial }: SlotSpec = { shape: variable.shape, initial: 0 },
  ): Variable {
    return new Variable(shape, { initial, name: () => `${this.name}/${name}/${variable.name}`, trainable: false });
  }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

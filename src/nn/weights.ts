import { checkOptions } from "../options.ts";
import { type Constraint, constraintOf } from "../regularize/constraints.ts";
import { type Penalty, penaltyOf } from "../regularize/penalties.ts";
import { Variable } from "../tensor/variable.ts";
import { initializer } from "./initializer-names.ts";
import type { Initializer } from "./initializers.ts";
import type { Layer } from "./layer.ts";
import { type WeightOptions, weightTable } from "./layer-options.ts";
import { streamOf } from "./stream.ts";

/** The variables that a layer itself has made: their initializers, penalties and constraints. */
export class Weights {
  readonly variables: Variable[] = [];
  readonly penalties = new Map<Variable, Penalty>();
  readonly constraints = new Map<Variable, Constraint>();
  /** Of variables that have no values yet. */
  private readonly initializers = new Map<Variable, Initializer>();

  /** Makes a variable whose values, until {@link initialize}, are NaN. */
  add(layer: Layer, name: string, shape: readonly number[], options: WeightOptions): Variable {
    const { trainable = true, role, ...given } = checkOptions(layer.label, options, weightTable);
    const regularizer = penaltyOf(given.regularizer, layer.label);
    const constraint = constraintOf(given.constraint, layer.label);
    const variable = new Variable(shape, { initial: Number.NaN, name: () => `${layer.name}/${name}`, trainable, role });
    this.variables.push(variable);
    this.initializers.set(variable, initializer(given.initializer ?? "glorotUniform", layer.label));
    if (regularizer) this.penalties.set(variable, regularizer);
    if (constraint) this.constraints.set(variable, constraint);
    return variable;
  }

  clear(): void {
    this.variables.length = 0;
    for (const map of [this.penalties, this.constraints, this.initializers]) map.clear();
  }

  /** Gives first values to the variables that have none. */
  initialize(layer: Layer, seed: number, path: string): void {
    for (const [variable, initialize] of this.initializers) {
      const isUntouched = variable.placement === undefined && Number.isNaN(variable.initial);
      if (!isUntouched) continue;
      const stream = streamOf(`${path}/${variable.name.slice(layer.name.length + 1)}`);
      const initial = initialize(variable.shape, { seed, stream });
      // A user's initializer may give anything: the constructor of a variable checks the shape.
      variable.initial = new Variable(variable.shape, { initial, name: variable.name }).initial;
    }
    this.initializers.clear();
  }
}

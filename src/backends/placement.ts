import { compileOnDemand } from "../compiler/compile-on-demand.ts";
import type { CompiledGraph } from "../compiler/compile-with.ts";
import { variablesIn } from "../compiler/graph.ts";
import { stateError } from "../errors.ts";
import type { NumericArray, TypedArray } from "../ir/dtype.ts";
import type { Program } from "../ir/program.ts";
import { sizeOf } from "../ir/shape.ts";
import { settle } from "../settle.ts";
import { fill } from "../tensor/ops/shaping.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Placement, Variable } from "../tensor/variable.ts";
import { type Backend, type Executable, isHostBackend, type Storage } from "./backend.ts";
import { endOf, watchForLoss } from "./loss.ts";
import { withRoom } from "./pressure.ts";

/** The values of a variable in a storage of a backend. */
class BackendPlacement implements Placement {
  /** Number of writes: shows a copy in progress that it is out of date. */
  writes = 0;

  constructor(readonly storage: Storage) {}

  get isLost(): boolean {
    return endOf(this.storage.backend) !== undefined;
  }

  read(): Promise<TypedArray> {
    return this.storage.backend.read(this.storage);
  }

  write(data: NumericArray): void {
    this.storage.backend.write(this.storage, data);
    this.writes++;
  }

  free(): void {
    if (!this.isLost) this.storage.backend.free(this.storage);
  }
}

/** Gives the storage of variables that were garbage-collected back to their backends. */
const collected = /* @__PURE__ */ new FinalizationRegistry<BackendPlacement>((held) => held.free());

/** Keeps the variables of a loaded program, and with them their storage, for as long as somebody holds the program. */
const variablesOf = /* @__PURE__ */ new WeakMap<Executable, readonly Variable[]>();

/** Variables that a call is placing now, with a promise that is fulfilled when it is done. */
const placing = /* @__PURE__ */ new WeakMap<Variable, Promise<void>>();

/** The backend that holds the first of these that is held. */
export function backendHolding(variables: readonly Variable[]): Backend | undefined {
  const held = variables.find(({ placement }) => placement && !placement.isLost);
  return held && placementOf(held)?.storage.backend;
}

/** What {@link place} loads: a program and its variables, in the program's order. */
export interface Loading<T> {
  readonly program: Program;
  readonly variables: readonly Variable[];
  /**
   * Gets the program in the tick in which its variables come to be where it reads them. It must not place them itself.
   */
  readonly use: (executable: Executable) => T | Promise<T>;
}

/**
 * Puts variables on a backend and, if asked to, loads a program for them. One transaction: variables change their
 * placement, all in one tick, when all values are there and the program is loaded; where anything before that fails,
 * what was allocated is freed and every variable is as it was. Calls for the same variables run one after another.
 *
 * Between backends that answer at once nothing is awaited: the move is done, and the result is no promise. Where a
 * backend must be awaited, values that are assigned meanwhile are copied, too; what a program on the old backend
 * computes meanwhile is not.
 * @param backendOf asked when it is this call's turn.
 * @param loadingOf what to load, once the backend is known: it may read its limits. Only of these variables.
 */
export function place<T = void>(
  variables: readonly Variable[],
  backendOf: () => Backend | Promise<Backend>,
  loadingOf?: (backend: Backend) => Loading<T> | Promise<Loading<T>>,
): T | Promise<T> {
  return settle(placeInTurn(variables, backendOf, loadingOf));
}

function* placeInTurn<T>(
  variables: readonly Variable[],
  backendOf: () => Backend | Promise<Backend>,
  loadingOf?: (backend: Backend) => Loading<T> | Promise<Loading<T>>,
): Generator<unknown, T, never> {
  let all = withSources(variables);
  for (let other = placedNow(all); other; other = placedNow(all)) {
    yield other;
    all = withSources(variables);
  }
  const turn = settle(takeTurn());
  if (turn instanceof Promise) {
    const done = turn.then(clear, clear);
    for (const variable of all) placing.set(variable, done);
  }
  return yield turn;

  function* takeTurn(): Generator<unknown, T, never> {
    const backend: Backend = yield backendOf();
    watchForLoss(backend);
    const loading: Loading<T> | undefined = yield loadingOf?.(backend);
    const outcome: () => T = yield withRoom(backend, () => settle(transfer(all, backend, loading)));
    return yield outcome();
  }

  function clear(): void {
    for (const variable of all) placing.delete(variable);
  }
}

const placedNow = (variables: readonly Variable[]): Promise<void> | undefined =>
  placing.get(variables.find((variable) => placing.has(variable)) as Variable);

/** The variables with those that initial tensors read, each after what its own is made of. */
function withSources(variables: readonly Variable[]): Variable[] {
  const found = new Set<Variable>();
  const visit = (variable: Variable): void => {
    if (found.has(variable)) return;
    for (const source of sourcesOf(variable)) visit(source);
    found.add(variable);
  };
  for (const variable of variables) visit(variable);
  return [...found];
}

/** The variables that the initial tensor of a variable without a placement reads. */
function sourcesOf({ placement, initial }: Variable): Variable[] {
  if (placement || !(initial instanceof Tensor)) return [];
  return variablesIn([initial]);
}

/** The transaction of {@link place}. Gives the outcome of `use` as a function: its errors are not the transaction's. */
function* transfer<T>(
  all: readonly Variable[],
  backend: Backend,
  loading?: Loading<T>,
): Generator<unknown, () => T | Promise<T>, never> {
  /** Where variables will be. */
  const fresh = new Map<Variable, BackendPlacement>();
  /** The version of a variable's values that is there. */
  const copied = new Map<Variable, Version>();
  let executable: Executable | undefined;

  function load(program: Program, variables: readonly Variable[]): Executable | Promise<Executable> {
    return backend.load(
      program,
      variables.map((variable) => (fresh.get(variable) ?? (placementOf(variable) as BackendPlacement)).storage),
    );
  }

  /** A variable may leave this backend while a program is loaded, which can make that fail: then it is loaded again. */
  const ifDue = (error: unknown): undefined => {
    if (findDue().length === 0) throw error;
  };

  /** Variables whose values of now are not there. */
  const findDue = (): Variable[] =>
    all.filter(
      (variable) =>
        placementOf(variable)?.storage.backend !== backend && !Object.is(versionOf(variable), copied.get(variable)),
    );

  all.forEach(checkHeld);
  try {
    for (;;) {
      const due = findDue();
      if (due.length === 0) {
        if (!loading || executable) break;
        const loaded = load(loading.program, loading.variables);
        executable = yield loaded instanceof Promise ? loaded.catch(ifDue) : loaded;
        continue;
      }
      for (const variable of due) {
        const { dtype, shape } = checkHeld(variable);
        if (fresh.has(variable)) continue;
        // One that left this backend meanwhile: the program has been loaded with its former storage.
        executable?.dispose();
        executable = undefined;
        fresh.set(variable, new BackendPlacement(backend.allocate({ size: sizeOf(shape), dtype })));
      }
      const graphs: [Variable, Tensor][] = [];
      for (const variable of due) {
        const { initial, shape } = variable;
        const from = placementOf(variable)?.storage;
        copied.set(variable, versionOf(variable));
        const to = fresh.get(variable) as BackendPlacement;
        if (from) to.write(isHostBackend(from.backend) ? from.backend.readSync(from) : yield from.backend.read(from));
        else if (initial instanceof Tensor) graphs.push([variable, initial]);
        else if (typeof initial !== "number") to.write(initial);
        else if (initial !== 0) graphs.push([variable, fill(shape, initial)]);
      }
      // All in one run, but for those that read other variables, which must have their values before.
      const apart = graphs.filter(([variable]) => sourcesOf(variable).length > 0);
      for (const updates of [graphs.filter((graph) => !apart.includes(graph)), ...apart.map((graph) => [graph])]) {
        if (updates.length === 0) continue;
        const { program, variables }: CompiledGraph = yield compileOnDemand({ outputs: {}, updates }, backend.limits);
        const first: Executable = yield load(program, variables);
        try {
          first.run();
        } finally {
          first.dispose();
        }
      }
    }
  } catch (error) {
    executable?.dispose();
    for (const held of fresh.values()) held.free();
    throw error;
  }

  const left = [...fresh.keys()].flatMap((variable) => placementOf(variable) ?? []);
  for (const [variable, held] of fresh) {
    collected.unregister(variable);
    collected.register(variable, held, variable);
    variable.placement = held;
    // The backend has them now; arrays and graphs can be collected.
    variable.initial = 0;
  }
  for (const held of left) held.free();
  if (executable && loading) variablesOf.set(executable, loading.variables);
  return outcomeOf(() => (executable && loading ? loading.use(executable) : (undefined as T)));
}

/** What `act` gives or throws, to be had later. */
export function outcomeOf<T>(act: () => T): () => T {
  try {
    const result = act();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/**
 * Moves the values of variables from their backends into JavaScript arrays and frees their storage; the next use places
 * them again. On host backends this is done when the call returns. Values that are lost with their backend stay lost.
 */
export async function moveToHost(variables: readonly Variable[]): Promise<void> {
  const slow: Promise<void>[] = [];
  for (const variable of new Set(variables)) {
    const held = placementOf(variable);
    if (!held || held.isLost) continue;
    const { storage, writes } = held;
    const take = (values: TypedArray): void => {
      if (variable.placement !== held || held.writes !== writes) return;
      variable.initial = values;
      variable.placement = undefined;
      collected.unregister(variable);
      held.free();
    };
    if (isHostBackend(storage.backend)) take(storage.backend.readSync(storage));
    else slow.push(held.read().then(take));
  }
  await Promise.all(slow);
}

/** Throws where a variable's values are lost with their backend. */
function checkHeld(variable: Variable): Variable {
  const held = placementOf(variable);
  const end = held && endOf(held.storage.backend);
  if (!end) return variable;
  throw stateError(`variable "${variable.name}"`, {
    rule: "its values must be on a backend in use",
    expected: "values",
    received: `a backend that ${end}`,
    advice: "Assign new values (setWeights), or make a new model or optimizer.",
  });
}

const placementOf = ({ placement }: Variable): BackendPlacement | undefined =>
  placement as BackendPlacement | undefined;

/** What changes with each assignment. */
type Version = Variable["initial"];
const versionOf = (variable: Variable): Version => placementOf(variable)?.writes ?? variable.initial;

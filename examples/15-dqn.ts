/**
 * Deep Q-learning (Mnih et al. 2015) with a target network that follows the trained one: a cart learns to balance a
 * pole. Acting, training and following are three recorded programs.
 *
 *     npx tsx examples/15-dqn.ts [--short]
 *
 * Printed by a full run (200 episodes of at most 300 steps):
 *
 *     TODO
 */
import {
  adam,
  cloneModel,
  dense,
  jit,
  type LoopContext,
  losses,
  ops,
  sequential,
  type Tensor,
  trainStep,
} from "../src/index.ts";
import { type ExampleOptions, runAsScript } from "./shared.ts";

const [DISCOUNT, BATCH, MEMORY, LIMIT] = [0.98, 64, 10_000, 300];

export interface DqnFigures {
  /** For how many steps the pole stayed up, in each episode of training. */
  training: number[];
  /** The mean of ten episodes in which the network acts alone. */
  trained: number;
}

/** What a batch of steps is learned from. */
interface Transitions<T> {
  state: T;
  action: T;
  next: T;
  /** 1 where the pole fell, else 0. */
  fell: T;
}

export async function run({ short = false, log = () => {} }: ExampleOptions): Promise<DqnFigures> {
  const q = sequential(
    [dense(64, { activation: "relu", inputShape: [4] }), dense(64, { activation: "relu" }), dense(2)],
    { seed: 1 },
  );
  const target = cloneModel(q);
  target.setWeights(await q.getWeights());

  const best = jit((state: Tensor, ctx: LoopContext) => ops.argmax(q.apply(state, ctx)));
  const learn = trainStep({
    variables: q,
    optimizer: adam(1e-3),
    loss: ({ state, action, next, fell }: Transitions<Tensor>, ctx) => {
      // The reward is 1 for each step; nothing follows a fall.
      const later = ops.mul(ops.max(target.apply(next, ctx), -1), ops.sub(1, fell));
      const expected = ops.add(ops.mul(later, DISCOUNT), 1);
      const value = ops.sum(ops.mul(q.apply(state, ctx), ops.oneHot(action, 2)), -1, true);
      return ops.mean(losses.huber().call(ops.expandDims(expected, -1), value));
    },
  });
  const follow = jit((ctx: LoopContext) => {
    for (const [index, variable] of target.variables.entries())
      ctx.update(variable, ops.add(ops.mul(variable, 0.99), ops.mul(q.variables[index] ?? 0, 0.01)));
  });

  const random = generator(1);
  const memory: Transitions<number | number[]>[] = [];
  /** One episode; gives how long the pole stayed up. */
  async function play(exploration: number, isTraining: boolean): Promise<number> {
    let state = Array.from({ length: 4 }, () => 0.1 * random() - 0.05);
    for (let step = 1; step <= LIMIT; step++) {
      const action =
        random() < exploration ? Math.floor(2 * random()) : ((await (await best([state])).data())[0] as number);
      const next = move(state, action);
      const fell = Math.abs(next[0] as number) > 2.4 || Math.abs(next[2] as number) > 0.21;
      if (isTraining) {
        memory[memory.length < MEMORY ? memory.length : Math.floor(MEMORY * random())] = {
          state,
          action,
          next,
          fell: fell ? 1 : 0,
        };
        if (memory.length >= BATCH) {
          const drawn = Array.from(
            { length: BATCH },
            () => memory[Math.floor(memory.length * random())] as (typeof memory)[0],
          );
          const batch = (part: keyof Transitions<unknown>) => drawn.map((one) => one[part]) as number[];
          await learn({ state: batch("state"), action: batch("action"), next: batch("next"), fell: batch("fell") });
          await follow();
        }
      }
      if (fell) return step;
      state = next;
    }
    return LIMIT;
  }

  const training: number[] = [];
  const episodes = short ? 100 : 200;
  for (let episode = 0; episode < episodes; episode++) {
    training.push(await play(Math.max(0.05, 1 - episode / 40), true));
    if ((episode + 1) % (episodes / 10) === 0)
      log(`episode ${episode + 1}: up for ${mean(training.slice(-episodes / 10)).toFixed(1)} steps`);
  }
  const tries: number[] = [];
  for (let i = 0; i < 10; i++) tries.push(await play(0, false));
  log(`trained: up for ${mean(tries).toFixed(1)} of ${LIMIT} steps`);
  return { training, trained: mean(tries) };
}

/** The cart and pole of Barto, Sutton & Anderson 1983, 0.02 s later: [position, speed, angle, turning]. */
function move(state: readonly number[], action: number): number[] {
  const [position, speed, angle, turning] = state as [number, number, number, number];
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const push = ((action === 1 ? 10 : -10) + 0.05 * turning ** 2 * sin) / 1.1;
  const fall = (9.8 * sin - cos * push) / (0.5 * (4 / 3 - (0.1 * cos ** 2) / 1.1));
  const pull = push - (0.05 * fall * cos) / 1.1;
  return [position + 0.02 * speed, speed + 0.02 * pull, angle + 0.02 * turning, turning + 0.02 * fall];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Random numbers in [0, 1): mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

await runAsScript(import.meta.url, run);

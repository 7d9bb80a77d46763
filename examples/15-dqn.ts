/**
 * Double deep Q-learning (van Hasselt, Guez & Silver 2016, arXiv:1509.06461) with a target network that follows the
 * trained one: a cart learns to balance a pole. Acting, learning and following are three recorded programs.
 *
 *     npx tsx examples/15-dqn.ts [--short]
 *
 * Printed by a full run (120 episodes of at most 200 steps):
 *
 *     episode 30: up for 12.9 steps
 *     episode 60: up for 148.7 steps
 *     episode 120: up for 179.6 steps
 *     trained: up for 200.0 of 200 steps
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
} from "aretejs";
import { type ExampleOptions, randoms, runAsScript } from "./shared.ts";

const [DISCOUNT, BATCH, MEMORY, LIMIT, FOLLOW] = [0.98, 64, 20_000, 200, 0.02];

export interface DqnFigures {
  /** For how many steps the pole stayed up, in each episode of training. */
  training: number[];
  /** The mean of ten episodes in which the network acts alone. */
  trained: number;
}

/** Steps of the game: a batch of tensors, or one with its numbers. `fell` is 1 where the pole fell, else 0. */
type Transition<T> = Record<"state" | "action" | "next" | "fell", T>;

export async function run({ short = false, log = () => {} }: ExampleOptions): Promise<DqnFigures> {
  const hidden = { activation: "relu" } as const;
  const q = sequential([dense(64, { ...hidden, inputShape: [4] }), dense(64, hidden), dense(2)], { seed: 1 });
  const target = cloneModel(q);
  target.setWeights(await q.getWeights());

  const best = jit((state: Tensor, ctx: LoopContext) => ops.argmax(q.apply(state, ctx)));
  const learn = trainStep({
    variables: q,
    optimizer: adam(1e-3),
    loss: ({ state, action, next, fell }: Transition<Tensor>, ctx) => {
      // Double Q-learning: the trained network chooses what is done next, the target network says what it is worth.
      const chosen = ops.oneHot(ops.argmax(q.apply(next, ctx)), 2);
      const later = ops.sum(ops.mul(ops.stopGradient(target.apply(next, ctx)), chosen), -1, true);
      // The reward is 1 for each step; nothing follows a fall.
      const expected = ops.add(ops.mul(ops.mul(later, ops.sub(1, ops.expandDims(fell, -1))), DISCOUNT), 1);
      const value = ops.sum(ops.mul(q.apply(state, ctx), ops.oneHot(action, 2)), -1, true);
      return ops.mean(losses.huber().call(expected, value));
    },
  });
  const follow = jit((ctx: LoopContext) => {
    for (const [index, variable] of target.variables.entries()) {
      const leader = q.variables[index] ?? variable;
      ctx.update(variable, ops.add(ops.mul(variable, 1 - FOLLOW), ops.mul(leader, FOLLOW)));
    }
  });

  const random = randoms(2);
  const memory: Transition<number | number[]>[] = [];
  let seen = 0;
  async function remember(step: Transition<number | number[]>): Promise<void> {
    memory[seen++ % MEMORY] = step;
    if (memory.length < BATCH) return;
    const drawn = Array.from({ length: BATCH }, () => memory[Math.floor(memory.length * random())]);
    const all = (part: keyof Transition<unknown>) => drawn.map((one) => one?.[part]) as number[];
    await learn({ state: all("state"), action: all("action"), next: all("next"), fell: all("fell") });
    await follow();
  }

  /** One episode; gives how long the pole stayed up. */
  async function play(exploration: number, isTraining = false): Promise<number> {
    let state = Array.from({ length: 4 }, () => 0.1 * random() - 0.05);
    for (let step = 1; step <= LIMIT; step++) {
      const [greedy = 0] = await (await best([state])).data();
      const action = random() < exploration ? Math.floor(2 * random()) : greedy;
      const next = move(state, action);
      const hasFallen = Math.abs(next[0] as number) > 2.4 || Math.abs(next[2] as number) > 0.21;
      if (isTraining) await remember({ state, action, next, fell: Number(hasFallen) });
      if (hasFallen) return step;
      state = next;
    }
    return LIMIT;
  }

  const training: number[] = [];
  for (let episode = 1; episode <= (short ? 60 : 120); episode++) {
    training.push(await play(Math.max(0.05, 1 - episode / 40), true));
    if (episode % 15 === 0) log(`episode ${episode}: up for ${mean(training.slice(-15)).toFixed(1)} steps`);
  }
  const tries: number[] = [];
  for (let i = 0; i < 10; i++) tries.push(await play(0));
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

await runAsScript(import.meta.url, run);

// Findings about a whole training run: how losses and gradients go on over steps and epochs.
import { type Finding, figure } from "./finding.ts";
import { mean } from "./measures.ts";
import { limits } from "./thresholds.ts";

/** What was noted of a run. */
export interface Run {
  /** Loss and gradient norm of each step. */
  readonly losses: readonly number[];
  readonly gradientNorms: readonly number[];
  /** Losses of each epoch; those of validation may be fewer. */
  readonly epochLosses: readonly number[];
  readonly validationLosses: readonly number[];
  /** The learning rate of the last step. */
  readonly rate: number;
  /** Whether the optimizer had made no step before. */
  readonly isFirst: boolean;
}

/** What went wrong over the run. */
export function trendFindings(run: Run): Finding[] {
  const { epochLosses, validationLosses, losses } = run;
  // What an untrained model says is about chance.
  return [...lossTrend(run), ...overfitting(epochLosses, validationLosses, losses[0]), ...gradientTrend(run)];
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

/** Steps before a jump that it is compared with. */
const before = 20;

/** Means over equal parts of a list. */
function parts(values: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, index) =>
    mean(values.slice(Math.floor((index * values.length) / count), Math.floor(((index + 1) * values.length) / count))),
  );
}

function lossTrend(run: Run): Finding[] {
  const { losses, rate } = run;
  if (losses.length < 4) return [];
  const broken = losses.findIndex((loss) => !Number.isFinite(loss));
  const begin = mean(losses.slice(0, broken >= 0 ? 1 : Math.max(1, Math.min(5, losses.length >> 3))));
  const windows = parts(losses, Math.min(20, losses.length >> 1));
  const [end, least] = [mean(windows.slice(-2)), Math.min(...windows.filter(Number.isFinite), begin)];
  const evidence = { begin, least, end, steps: losses.length, rate };
  const finding = (kind: Finding["kind"], confidence: number, message: string, advice: string): Finding => ({
    kind,
    severity: kind === "oscillating" ? "caution" : kind === "diverging" ? "error" : "warning",
    layer: undefined,
    confidence,
    message,
    advice,
    evidence,
  });
  const lower = `Lower the learning rate from ${figure(rate)} to ${figure(rate / 10)}, and add globalClipNorm: 1; learningRateRangeTest finds the best rate.`;
  const highest = Math.max(...(broken < 0 ? losses : losses.slice(0, broken)));
  // A loss that is not finite at once has another cause.
  if (broken >= 0 ? highest > 2 * begin : end > limits.diverged * Math.max(begin, least))
    return [
      finding(
        "diverging",
        broken >= 0 ? 1 : 0.9,
        broken >= 0
          ? `the loss rises from ${figure(begin)} to ${figure(highest)}, and is ${losses[broken]} in step ${broken + 1}`
          : `the loss rises from ${figure(begin)} to ${figure(end)}`,
        lower,
      ),
    ];
  if (broken >= 0 || losses.length < 10) return [];
  if (stands(run))
    return [
      finding(
        "noProgress",
        losses.length >= 100 ? 0.9 : 0.6,
        `the loss stays where it began: ${figure(begin)}, after ${losses.length} steps ${figure(end)}`,
        "Run diagnose(model, x, y): it looks at data, signals and the learning rate. Then try to overfit 32 samples: a model that cannot has a fault.",
      ),
    ];
  const steps = windows.slice(1).map((value, index) => value - (windows[index] as number));
  const turns = steps.filter(
    (step, index) =>
      index > 0 &&
      step * (steps[index - 1] as number) < 0 &&
      Math.min(Math.abs(step), Math.abs(steps[index - 1] as number)) > limits.swing * mean(windows),
  ).length;
  if (windows.length >= 10 && turns > windows.length / 3 && end > 0.3 * begin)
    return [
      finding(
        "oscillating",
        0.7,
        `the loss goes up and down: ${turns} turns of more than ${Math.round(100 * limits.swing)} % in ${windows.length} parts of the run`,
        `${lower} A larger batchSize makes steps less noisy.`,
      ),
    ];
  return [];
}

/** Whether nothing was learned from the start: over epochs, or over quarters of the steps where there are few. */
function stands({ losses, epochLosses, isFirst }: Run): boolean {
  const course = epochLosses.length >= 3 ? epochLosses : losses.length >= 40 ? parts(losses, 4) : [];
  const [first = 0, ...later] = course;
  return isFirst && later.length > 0 && Math.min(...later) > limits.noProgress * first;
}

/**
 * Whether the validation loss has turned up while the training loss went on falling.
 * @param losses of each epoch in training.
 * @param validation of each epoch, or of every second, third, ….
 * @param chance the loss of a model that knows nothing of its inputs, where that is known.
 */
export function overfitting(
  losses: readonly number[],
  validation: readonly number[],
  chance = losses[0] ?? 0,
): Finding[] {
  const count = validation.length;
  if (count < 4 || losses.length < count) return [];
  const every = Math.floor(losses.length / count);
  const training = validation.map((_, index) => losses[(index + 1) * every - 1] as number);
  const least = Math.min(...validation);
  const best = validation.indexOf(least);
  // One bad epoch is no trend, and in a long run some epoch is the best by chance: the last tenth is compared.
  const recent = Math.max(2, Math.floor(count / 10));
  const now = Math.min(...validation.slice(-recent));
  const [trainThen, trainNow] = [training[best] as number, mean(training.slice(-recent))];
  const isClear = now > limits.overfitting * least && now - least > limits.overfittingRise * Math.min(1, chance);
  if (best >= count - recent - 1 || !isClear || !(trainNow < trainThen)) return [];
  const epoch = (best + 1) * every;
  return [
    {
      kind: "overfitting",
      severity: "warning",
      layer: undefined,
      confidence: now > 1.5 * least ? 0.95 : 0.8,
      message: `the model overfits since epoch ${epoch}: the validation loss rises from ${figure(least)} to ${figure(validation.at(-1) as number)}, while the training loss falls from ${figure(trainThen)} to ${figure(trainNow)}`,
      advice:
        "Stop there: earlyStopping({ patience: 3, restoreBestWeights: true }). Then try more data or augmentation, dropout(0.3), kernelRegularizer: l2(1e-4), or fewer units.",
      evidence: { best: epoch, least, now, trainThen, trainNow },
    },
  ];
}

function gradientTrend({ gradientNorms, losses, isFirst }: Run): Finding[] {
  // In a run that goes on with a trained model nothing says which loss is high.
  if (!isFirst) return [];
  const begin = losses[0] as number;
  for (let step = before; step < gradientNorms.length; step++) {
    const norm = gradientNorms[step] as number;
    const usual = median(gradientNorms.slice(step - before, step));
    const loss = median(losses.slice(step - before, step));
    // A jump that does not throw the loss back to where it began is no harm.
    const isClear = losses.slice(step, step + 5).some((value) => value > Math.max(limits.spikeLoss * loss, begin));
    if (!(norm > limits.spike * usual && isClear)) continue;
    return [
      {
        kind: "gradientSpikes",
        severity: "warning",
        layer: undefined,
        confidence: 0.8,
        message: `the gradient's norm jumps to ${figure(norm)} in step ${step + 1}, ${figure(norm / usual)} times what it was in the ${before} steps before, and the loss with it`,
        advice: `Clip it: globalClipNorm: ${figure(5 * usual)} in the optimizer keeps usual steps as they are.`,
        evidence: { usual, norm, step: step + 1, loss: losses[step] as number },
      },
    ];
  }
  return [];
}

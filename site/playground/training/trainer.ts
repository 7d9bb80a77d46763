// One training run: a model made of settings, trained by `fit`, which can be paused between any two steps.
import { type Backend, type Callback, diagnose } from "aretejs";
import type { DiagnosisReport, EpochScores, Scores, Snapshot } from "../messages.ts";
import type { Settings } from "../settings.ts";
import type { Data } from "./data.ts";
import { buildNetwork, compileNetwork, type Network, rateOf } from "./network.ts";
import { Observer } from "./observe.ts";

/** Epochs a second at most. */
const epochsPerSecond: Readonly<Record<Settings["speed"], number>> = {
  slow: 5,
  medium: 60,
  full: Number.POSITIVE_INFINITY,
};
/** Milliseconds between measurements of all layers. */
const layersInterval = 400;

/** Milliseconds between diagnoses, which take as long as some tens of steps. */
const diagnosisInterval = 3000;

interface Measured {
  readonly loss?: number | undefined;
  readonly accuracy?: number | undefined;
}

const scoresOf = (training: Measured, validation: Measured): Scores => ({
  loss: training.loss ?? Number.NaN,
  accuracy: training.accuracy ?? Number.NaN,
  valLoss: validation.loss ?? Number.NaN,
  valAccuracy: validation.accuracy ?? Number.NaN,
});

export interface TrainerEvents {
  diagnosis(diagnosis: DiagnosisReport): void;
  snapshot(snapshot: Snapshot): void;
  /** It has stopped at the step that was asked for. */
  paused(): void;
}

export class Trainer {
  private readonly network: Network;
  private readonly observer: Observer;
  private readonly batchSize: number;
  private readonly stepsPerEpoch: number;
  private pace: Settings["speed"];
  /** When the next step is due, at the pace asked for. */
  private due = 0;
  private readonly rate: (step: number) => number;
  /** Steps done, and how many may be. */
  private step = 0;
  private allowed = 0;
  private resume: (() => void) | undefined;
  private run: Promise<unknown> | undefined;
  private isDisposed = false;
  private epochs: EpochScores[] = [];
  /** Losses of each epoch, in which overfitting is seen. */
  private readonly losses = { loss: [] as number[], val_loss: [] as number[] };
  private lastPicture = 0;
  private lastLayers = 0;
  private lastDiagnosis = 0;
  /** Whether the page has drawn the last picture: a slow page gets fewer, and a hidden one none. */
  private isSeen = true;
  /** What a picture takes, in milliseconds. */
  private pictureTime = 0;
  /** Time and steps without pictures, of the last second or so. */
  private speed = { since: 0, from: 0, spent: 0, value: undefined as number | undefined };

  constructor(
    settings: Settings,
    private readonly data: Data,
    backend: Backend | undefined,
    /** Least milliseconds between two pictures while it trains. */
    private readonly interval: number,
    private readonly events: TrainerEvents,
  ) {
    this.pace = settings.speed;
    this.batchSize = Number(settings.batch);
    this.stepsPerEpoch = Math.ceil(data.train.y.data.length / this.batchSize);
    this.rate = rateOf(settings, this.stepsPerEpoch);
    this.network = buildNetwork(settings);
    compileNetwork(this.network, settings, this.stepsPerEpoch, backend);
    this.observer = new Observer(this.network, settings, data, backend);
  }

  /** Shows the untrained network. */
  async begin(): Promise<void> {
    await this.picture(true);
    await this.diagnose();
  }

  /**
   * Lets it run up to a step: without end, to the next step or to the end of the epoch. @throws what training throws.
   */
  async runTo(goal: "end" | "step" | "epoch"): Promise<void> {
    const next = { end: Number.POSITIVE_INFINITY, step: this.step + 1, epoch: this.nextEpoch() };
    this.allowed = next[goal];
    this.speed = { since: performance.now(), from: this.step, spent: 0, value: this.speed.value };
    this.resume?.();
    this.run ??= this.train();
    await this.run;
  }

  private nextEpoch(): number {
    return (Math.floor(this.step / this.stepsPerEpoch) + 1) * this.stepsPerEpoch;
  }

  seen(): void {
    this.isSeen = true;
  }

  setSpeed(speed: Settings["speed"]): void {
    this.pace = speed;
  }

  pause(): void {
    this.allowed = this.step;
  }

  async dispose(): Promise<void> {
    this.isDisposed = true;
    this.network.model.stopTraining = true;
    this.resume?.();
    await this.run?.catch(() => {});
    this.observer.dispose();
    await this.network.model.dispose();
  }

  private async train(): Promise<void> {
    const { model } = this.network;
    const { train, validation } = this.data;
    const control: Callback = {
      onTrainBatchBegin: () => this.beforeStep(),
      onEpochEnd: (epoch, { loss, accuracy, val_loss, val_accuracy }) => {
        const scores = scoresOf({ loss, accuracy }, { loss: val_loss, accuracy: val_accuracy });
        this.epochs.push({ epoch: epoch + 1, rate: this.rate(this.step - 1), ...scores });
        this.losses.loss.push(scores.loss);
        this.losses.val_loss.push(scores.valLoss);
      },
    };
    await model.fit(train.x, train.y, {
      // Without end: the page stops it.
      epochs: 1e9,
      batchSize: this.batchSize,
      validationData: [validation.x, validation.y],
      verbose: 0,
      callbacks: [control],
    });
  }

  /** Waits while it is paused; shows the network now and then. */
  private async beforeStep(): Promise<void> {
    if (this.isDisposed) return;
    while (this.step >= this.allowed) {
      await this.picture(true);
      await this.diagnose();
      // It may have been resumed while the picture was made.
      if (this.step < this.allowed || this.isDisposed) break;
      this.events.paused();
      await new Promise<void>((resolve) => {
        this.resume = resolve;
      });
      this.resume = undefined;
      if (this.isDisposed) return;
    }
    const now = performance.now();
    if (this.isSeen && now - this.lastPicture > Math.max(this.interval, 2 * this.pictureTime)) {
      await this.picture(now - this.lastLayers > layersInterval);
      if (now - this.lastDiagnosis > diagnosisInterval) await this.diagnose();
    }
    await this.keepPace();
    this.step++;
  }

  /** Waits until the next step is due. */
  private async keepPace(): Promise<void> {
    const now = performance.now();
    // Time that was lost, as in a pause, is not made up for.
    this.due = Math.max(this.due + 1000 / (epochsPerSecond[this.pace] * this.stepsPerEpoch), now - 50);
    // Timers are not exact: several steps at once rather than a wait before each.
    if (this.due - now > 10) await new Promise((resolve) => setTimeout(resolve, this.due - now));
  }

  private async diagnose(): Promise<void> {
    const begun = performance.now();
    const { x, y } = this.data.train;
    const { findings } = await diagnose(this.network.model, x, y, {
      batchSize: this.batchSize,
      seed: 1,
      history: { history: this.losses },
    });
    this.events.diagnosis({
      step: this.step,
      findings: findings.map(({ severity, message, advice, layer }) => ({ severity, message, advice, layer })),
    });
    this.lastDiagnosis = performance.now();
    this.speed.spent += this.lastDiagnosis - begun;
  }

  private async picture(withLayers: boolean): Promise<void> {
    const begun = performance.now();
    this.measureSpeed(begun);
    const { model } = this.network;
    const { train, validation } = this.data;
    const trained = await model.evaluate(train.x, train.y);
    const validated = await model.evaluate(validation.x, validation.y);
    const surfaces = await this.observer.surfaces();
    const images = await this.observer.images();
    const layers = withLayers ? await this.observer.layers() : undefined;
    const { epochs } = this;
    this.epochs = [];
    this.isSeen = false;
    this.events.snapshot({
      step: this.step,
      epoch: Math.floor(this.step / this.stepsPerEpoch),
      stepsPerEpoch: this.stepsPerEpoch,
      stepsPerSecond: this.speed.value,
      rate: this.rate(this.step),
      scores: scoresOf(trained, validated),
      epochs,
      parameters: model.variables.reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0),
      surfaces,
      images,
      layers,
    });
    this.lastPicture = performance.now();
    if (withLayers) this.lastLayers = this.lastPicture;
    this.pictureTime = this.lastPicture - begun;
    this.speed.spent += this.pictureTime;
  }

  private measureSpeed(now: number): void {
    const { since, from, spent } = this.speed;
    const seconds = (now - since - spent) / 1000;
    if (seconds < 0.2 || this.step - from < 5) return;
    this.speed = { since: now, from: this.step, spent: 0, value: (this.step - from) / seconds };
  }
}

// The checkpoints of a job: those of aretejs/io, in an object store. Loaded by `fit`, as aretejs/io is.
import { modelCheckpoint, resume } from "../io/index.js";
import type { Callback, Training } from "../train/callback.ts";
import type { Model } from "../train/model.ts";
import type { FitOptions } from "../train/options.ts";
import type { NatsConnection } from "./connection.ts";
import type { Members } from "./members.ts";
import { ObjectStore } from "./object-store.ts";

/** The callbacks of which a checkpoint keeps something. The others may differ from worker to worker. */
const withState = (callbacks: readonly Callback[]): Callback[] => callbacks.filter(({ getState }) => getState);

/** Writes and reads checkpoints; waits for a server that is away. */
export class Checkpoints {
  private constructor(
    private readonly members: Members,
    private readonly store: ObjectStore,
  ) {}

  /** Opens the store. @param name of the store, which is made where there is none. */
  static async open(nc: NatsConnection, name: string, members: Members): Promise<Checkpoints> {
    return new Checkpoints(members, await members.until(() => ObjectStore.open(nc, name)));
  }

  /**
   * Writes what `modelCheckpoint` of aretejs/io writes between two batches. Gives a function that removes all that was
   * written before, unfinished checkpoints of workers that were lost among it; where that fails, the next one does.
   */
  async write(name: string, training: Training): Promise<() => Promise<void>> {
    let bytes = new Uint8Array();
    const write = (written: Uint8Array<ArrayBuffer>) => {
      bytes = written;
    };
    const writer = modelCheckpoint({ target: { read: () => bytes, write }, saveFreq: 1 });
    // It is in no list of callbacks, so it has to stand behind none.
    writer.onTrainBegin({ ...training, callbacks: [] });
    const callbacks = withState(training.callbacks);
    // Its name holds no value, so the loss is not looked at.
    await writer.onTrainBatchEnd?.(training.position.batch, { loss: Number.NaN }, { ...training, callbacks });
    const seq = await this.members.until(() => this.store.write(name, bytes));
    return () => this.store.removeBefore(seq).catch(() => {});
  }

  /** Brings a model to a checkpoint; gives the options with which `fit` goes on. */
  async resume(name: string, model: Model, options: FitOptions, callbacks: readonly Callback[]): Promise<FitOptions> {
    const bytes = await this.members.until(() => this.store.read(name));
    const resumed = await resume(model, bytes, { ...options, callbacks: withState(callbacks) });
    const restorer = (resumed.callbacks as Callback[]).at(-1);
    const restoring: Callback = {
      onTrainBegin: (training) => restorer?.onTrainBegin?.({ ...training, callbacks: withState(training.callbacks) }),
      onEpochBegin: (epoch, training) => restorer?.onEpochBegin?.(epoch, training),
    };
    return { ...resumed, callbacks: [...callbacks, restoring] };
  }
}

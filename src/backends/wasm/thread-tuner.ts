/** Runs together after which a program is run alone once, to know how long that takes now. */
const between = 256;
/** Runs together that are a fair trial. */
const trial = 8;

/**
 * Whether a program runs faster with workers than alone, measured as it runs: cores may be busy with other things, or a
 * program divide badly. Results are the same either way.
 */
export class ThreadTuner {
  /** Milliseconds, moving averages; 0 until there is one. */
  private alone = 0;
  private together = 0;
  private runs = 0;
  /** Runs alone before the next trial, and how many after a trial that fails. */
  private left = 0;
  private pause = 32;

  /** Whether the next run should have workers. */
  get wantsWorkers(): boolean {
    return this.left === 0 && this.alone > 0 && this.runs < between;
  }

  /** Takes note of a run. */
  note(withWorkers: boolean, milliseconds: number): void {
    if (!withWorkers) {
      this.alone = average(this.alone, milliseconds, 0.5);
      if (this.left > 0) this.left--;
      this.runs = 0;
      return;
    }
    this.together = average(this.together, milliseconds, 0.125);
    if (++this.runs < trial) return;
    if (this.together < this.alone) this.pause = 32;
    // What slows a program down together may slow it down alone as much: that is measured before workers are given up.
    else if (this.runs > trial) this.runs = between;
    else {
      this.left = this.pause;
      this.pause = Math.min(2 * this.pause, 1024);
      this.together = 0;
    }
  }
}

/** An outlier counts as twice the average: the scheduler makes some. */
function average(before: number, now: number, weight: number): number {
  return before === 0 ? now : before + weight * (Math.min(now, 2 * before) - before);
}

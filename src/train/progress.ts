import type { Callback, Training } from "./callback.ts";
import type { Verbosity } from "./options.ts";
import type { Logs } from "./step-runner.ts";

/** A terminal or log that progress is written to. */
export interface Screen {
  /** Whether a line can be written over. */
  readonly isTTY: boolean;
  write(text: string): void;
}

/** The terminal, where the runtime has one; else the console, line by line. */
export function defaultScreen(): Screen {
  const { process } = globalThis as { process?: { stdout?: { isTTY?: boolean; write?(text: string): void } } };
  const out = process?.stdout;
  if (out?.write) return { isTTY: out.isTTY === true, write: (text) => out.write?.(text) };
  return { isTTY: false, write: (text) => console.log(text.replace(/\n$/, "")) };
}

/**
 * One line per epoch: on a terminal with a bar that moves, time left, losses and metrics; else when the epoch is over.
 *
 *     Epoch 3/10 ━━━━━━━━━━━━━━━━──── 1500/1875  2s left  loss 0.3125  accuracy 0.8866
 *     Epoch 3/10 - 9s - 4.8ms/step - loss: 0.3102 - accuracy: 0.8871 - val_loss: 0.3365 - val_accuracy: 0.8790
 */
export class Progress implements Callback {
  /** What the line begins with. */
  protected head = "";
  private steps: number | undefined;
  private done = 0;
  private begun = 0;
  private shown = 0;
  private width = 0;
  private readonly moves: boolean;

  constructor(
    verbose: Verbosity,
    private readonly screen: Screen = defaultScreen(),
  ) {
    this.moves = verbose !== 2 && screen.isTTY;
  }

  onEpochBegin(epoch: number, { epochs, steps }: Training): void {
    this.head = `Epoch ${epoch + 1}/${epochs}`;
    this.steps = steps ?? (this.done > 0 ? this.done : undefined);
    this.done = 0;
    this.begun = performance.now();
    this.shown = this.begun;
  }

  /** Whether it is time to show how far the epoch is. */
  get isDue(): boolean {
    return this.moves && performance.now() - this.shown > 100;
  }

  /** Shows how far the epoch is. */
  show(done: number, logs: Logs): void {
    this.shown = performance.now();
    this.done = done;
    const perStep = (this.shown - this.begun) / done;
    const left = this.steps === undefined ? "" : `  ${duration(Math.max(0, this.steps - done) * perStep)} left`;
    const count = this.steps === undefined ? `step ${done}` : `${bar(done / this.steps)} ${done}/${this.steps}`;
    this.rewrite(`${this.head} ${count}${left}  ${pairs(logs, " ", "  ")}`);
  }

  /** Notes the number of steps, for streams of unknown length. */
  count(done: number): void {
    this.done = done;
  }

  onEpochEnd(_epoch: number, logs: Logs): void {
    const spent = performance.now() - this.begun;
    const steps = this.done || this.steps || 1;
    const text = `${this.head} - ${duration(spent)} - ${(spent / steps).toFixed(spent / steps < 10 ? 1 : 0)}ms/step - ${pairs(logs, ": ", " - ")}`;
    if (this.moves) this.rewrite(text);
    this.screen.write(this.moves ? "\n" : `${text}\n`);
    this.width = 0;
  }

  private rewrite(text: string): void {
    this.screen.write(`\r${text.padEnd(this.width)}`);
    this.width = text.length;
  }
}

function bar(share: number, width = 20): string {
  const full = Math.round(Math.min(1, share) * width);
  return "━".repeat(full) + "─".repeat(width - full);
}

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}m${String(seconds % 60).padStart(2, "0")}s`
    : `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, "0")}m`;
}

const pairs = (logs: Logs, between: string, after: string): string =>
  Object.entries(logs)
    .map(([name, value]) => `${name}${between}${figure(value)}`)
    .join(after);

/** Four decimals, or as many significant digits where those would show nothing. */
function figure(value: number): string {
  return value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e6) ? value.toFixed(4) : value.toExponential(3);
}

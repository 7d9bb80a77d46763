// Random choices that can be replayed and shrunk: numbers that are read one after the other.

/** Choices from a list of numbers. Where the list ends, and where it says 0, the simplest choice is taken. */
export class Tape {
  private at = 0;
  constructor(private readonly numbers: readonly number[]) {}

  /** An integer in [0, below). */
  below(below: number): number {
    return (this.numbers[this.at++] ?? 0) % below;
  }

  /** True once in so many times. */
  once(times: number): boolean {
    return this.below(times) === 1;
  }

  /** One of a list; the first is the simplest. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** These options with a random choice of `rest` among them: each once in so many times. */
  some(times: number, rest: Readonly<Record<string, (() => unknown) | undefined>>): Record<string, unknown> {
    const chosen: Record<string, unknown> = {};
    for (const [name, make] of Object.entries(rest)) {
      if (!make || !this.once(times)) continue;
      const value = make();
      if (value !== undefined) chosen[name] = value;
    }
    return chosen;
  }
}

// Changes files in the ways in which broken and hostile files differ from sound ones.

/** Numbers in [0, 1) from a seed (mulberry32): a failure can be repeated. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One to four changes of a file. The file itself stays as it is. `other`: a file that parts are taken from. */
export function mutate(bytes: Uint8Array, other: Uint8Array, random: () => number): Uint8Array {
  let file: Uint8Array = bytes.slice();
  const upTo = (limit: number) => Math.floor(random() * limit);
  const count = 1 + upTo(4);
  for (let i = 0; i < count && file.length > 0; i++) {
    const at = upTo(file.length);
    const length = 1 + upTo(Math.min(64, file.length - at));
    const changes: readonly (() => Uint8Array)[] = [
      () => withByte(file, at, (file[at] as number) ^ (1 << upTo(8))),
      () => withByte(file, at, [0, 255, 127, 128, upTo(256)][upTo(5)] as number),
      () => withInteger(file, at, [2, 4, 8][upTo(3)] as number, interesting(file.length, random)),
      // Structures are aligned: such places are hit more often than by chance.
      () => withInteger(file, at - (at % 8), 8, interesting(file.length, random)),
      () => file.slice(0, at),
      () => joined(file.subarray(0, at), file.subarray(at + length)),
      () => joined(file.subarray(0, at), other.subarray(0, length), file.subarray(at)),
      () => file.slice().copyWithin(at, upTo(file.length), upTo(file.length)),
      () => {
        const from = upTo(other.length);
        const changed = file.slice();
        changed.set(other.subarray(from, from + length).subarray(0, file.length - at), at);
        return changed;
      },
    ];
    file = (changes[upTo(changes.length)] as () => Uint8Array)();
  }
  return file;
}

/** Sizes and addresses that break what is not checked. */
function interesting(size: number, random: () => number): number {
  const values = [
    0,
    1,
    2,
    8,
    size - 1,
    size,
    size + 1,
    2 ** 15,
    2 ** 16 - 1,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
  ];
  const all = [...values, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64 - 2 ** 11, Math.floor(random() * size), 1e6, 1e9];
  return all[Math.floor(random() * all.length)] as number;
}

function withInteger(file: Uint8Array, at: number, width: number, value: number): Uint8Array {
  const changed = file.slice();
  let rest = BigInt(value);
  for (let i = at; i < Math.min(at + width, file.length); i++) {
    changed[i] = Number(rest & 255n);
    rest >>= 8n;
  }
  return changed;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function withByte(file: Uint8Array, at: number, value: number): Uint8Array {
  const changed = file.slice();
  changed[at] = value;
  return changed;
}

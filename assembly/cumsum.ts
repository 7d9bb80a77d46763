/** Running sums along the middle axis of [outer, length, inner]. */

@unmanaged
class Cumsum {
  outer: i32;
  length: i32;
  inner: i32;
  exclusive: i32;
  reverse: i32;
  input: usize;
  output: usize;
  isInt: i32;
}

export function cumsum(record: usize, thread: i32, threads: i32): void {
  const r = changetype<Cumsum>(record);
  const lines = r.outer * r.inner;
  const share = (lines + threads - 1) / threads;
  const to = min((thread + 1) * share, lines);
  for (let line = thread * share; line < to; ++line) {
    const row = line / r.inner;
    const first = r.reverse != 0 ? (r.length - 1) * r.inner : 0;
    const start = (row * r.length * r.inner + line - row * r.inner + first) << 2;
    const step = (r.reverse != 0 ? -r.inner : r.inner) << 2;
    if (r.isInt != 0) sumLine<i32, i32>(r.input + start, r.output + start, r.length, step, r.exclusive != 0);
    else sumLine<f32, f64>(r.input + start, r.output + start, r.length, step, r.exclusive != 0);
  }
}

/** The sum is kept as S. The input is read before the output is written, so both may be the same. */
function sumLine<T, S>(input: usize, output: usize, length: i32, step: i32, exclusive: bool): void {
  let sum = <S>0;
  for (let k = 0; k < length; ++k) {
    const next = <S>(sum + <S>load<T>(input));
    store<T>(output, <T>(exclusive ? sum : next));
    sum = next;
    input += step;
    output += step;
  }
}

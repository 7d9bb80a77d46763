/** Rows by index: picking them from a table, and adding to them. */

@unmanaged
class Gather {
  rows: i32;
  width: i32;
  count: i32;
  table: usize;
  indices: usize;
  output: usize;
  isInt: i32;
}

/** output[i] = table[indices[i]]; NaN (0 for int32) where the index is out of range. */
export function gather(record: usize, thread: i32, threads: i32): void {
  const r = changetype<Gather>(record);
  const bytes = r.width << 2;
  const share = (r.count + threads - 1) / threads;
  const to = min((thread + 1) * share, r.count);
  for (let i = thread * share; i < to; ++i) {
    const index = load<i32>(r.indices + (i << 2));
    const target = r.output + i * bytes;
    if (<u32>index < <u32>r.rows) copyWords(target, r.table + index * bytes, r.width);
    else fillWords(target, r.isInt != 0 ? 0 : reinterpret<i32>(<f32>NaN), r.width);
  }
}

/** Copies 32-bit words; the ranges do not overlap. */
export function copyWords(target: usize, source: usize, count: i32): void {
  for (; count >= 4; count -= 4) {
    v128.store(target, v128.load(source));
    target += 16;
    source += 16;
  }
  for (; count > 0; --count) {
    store<i32>(target, load<i32>(source));
    target += 4;
    source += 4;
  }
}

export function fillWords(target: usize, value: i32, count: i32): void {
  const values = i32x4.splat(value);
  for (; count >= 4; count -= 4) {
    v128.store(target, values);
    target += 16;
  }
  for (; count > 0; --count) {
    store<i32>(target, value);
    target += 4;
  }
}

@unmanaged
class ScatterAdd {
  rows: i32;
  width: i32;
  count: i32;
  indices: usize;
  updates: usize;
  output: usize;
}

/** output = 0, then output[indices[i]] += updates[i] in order of i. Threads take columns, so the order is kept. */
export function scatterAdd(record: usize, thread: i32, threads: i32): void {
  const r = changetype<ScatterAdd>(record);
  const share = (((r.width + threads - 1) / threads) + 15) & ~15;
  const from = min(thread * share, r.width);
  const columns = min(share, r.width - from);
  if (columns <= 0) return;
  const bytes = r.width << 2;
  const output = r.output + (from << 2);
  const updates = r.updates + (from << 2);
  if (columns == r.width) fillWords(output, 0, r.rows * columns);
  else for (let row = 0; row < r.rows; ++row) fillWords(output + row * bytes, 0, columns);
  for (let i = 0; i < r.count; ++i) {
    const index = load<i32>(r.indices + (i << 2));
    if (<u32>index < <u32>r.rows) addRow(output + index * bytes, updates + i * bytes, columns);
  }
}

function addRow(target: usize, source: usize, count: i32): void {
  for (; count >= 4; count -= 4) {
    v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
    target += 16;
    source += 16;
  }
  for (; count > 0; --count) {
    store<f32>(target, load<f32>(target) + load<f32>(source));
    target += 4;
    source += 4;
  }
}

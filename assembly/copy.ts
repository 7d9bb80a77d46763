/** Moving 32-bit words: strided copies, transposes in blocks, running sums, fills. */
import { copyWords, fillWords } from "./gather";

/**
 * Then, for each axis: extent, input stride, output stride (in elements). At least one axis; zero extents never come
 * here.
 */
@unmanaged
class Copy {
  input: usize;
  output: usize;
  rank: i32;
}

@inline
function extentOf(r: Copy, axis: i32): i32 {
  return load<i32>(changetype<usize>(r) + axis * 12, offsetof<Copy>());
}

@inline
function inputStrideOf(r: Copy, axis: i32): i32 {
  return load<i32>(changetype<usize>(r) + axis * 12, offsetof<Copy>() + 4);
}

@inline
function outputStrideOf(r: Copy, axis: i32): i32 {
  return load<i32>(changetype<usize>(r) + axis * 12, offsetof<Copy>() + 8);
}

/**
 * Strided to strided. The two innermost axes are a plane, copied at once; threads share out planes, or rows of the only
 * one.
 */
export function copy(record: usize, thread: i32, threads: i32): void {
  const r = changetype<Copy>(record);
  const last = r.rank - 1;
  const columns = extentOf(r, last);
  const rows = r.rank > 1 ? extentOf(r, last - 1) : 1;
  let planes = 1;
  for (let axis = 0; axis < last - 1; ++axis) planes *= extentOf(r, axis);
  const byRows = planes < threads;
  const units = byRows ? rows : planes;
  // Whole blocks of rows: a share of 4 keeps the transpose's blocks whole.
  const share = (((units + threads - 1) / threads) + 3) & ~3;
  const from = min(thread * share, units);
  const to = min(from + share, units);
  if (from >= to) return;
  const inputRow = r.rank > 1 ? inputStrideOf(r, last - 1) << 2 : 0;
  const outputRow = r.rank > 1 ? outputStrideOf(r, last - 1) << 2 : 0;
  const inputColumn = inputStrideOf(r, last) << 2;
  const outputColumn = outputStrideOf(r, last) << 2;
  const end = byRows ? planes : to;
  for (let plane = byRows ? 0 : from; plane < end; ++plane) {
    let input = r.input;
    let output = r.output;
    let rest = plane;
    for (let axis = last - 2; axis >= 0; --axis) {
      const extent = extentOf(r, axis);
      const index = rest % extent;
      rest /= extent;
      input += (index * inputStrideOf(r, axis)) << 2;
      output += (index * outputStrideOf(r, axis)) << 2;
    }
    const first = byRows ? from : 0;
    copyPlane(
      input + first * inputRow, output + first * outputRow, byRows ? to - from : rows, columns, inputRow,
      inputColumn, outputRow, outputColumn
    );
  }
}

/** Strides in bytes. */
function copyPlane(
  input: usize, output: usize, rows: i32, columns: i32, inputRow: i32, inputColumn: i32, outputRow: i32,
  outputColumn: i32,
): void {
  if (inputColumn == 4 && outputColumn == 4) {
    for (let i = 0; i < rows; ++i) copyWords(output + i * outputRow, input + i * inputRow, columns);
  } else if (inputRow == 4 && outputColumn == 4) {
    transposePlane(input, output, rows, columns, inputColumn, outputRow);
  } else if (inputColumn == 4 && outputRow == 4) {
    transposePlane(input, output, columns, rows, inputRow, outputColumn);
  } else if (inputColumn == 0 && outputColumn == 4) {
    for (let i = 0; i < rows; ++i) fillWords(output + i * outputRow, load<i32>(input + i * inputRow), columns);
  } else {
    for (let i = 0; i < rows; ++i) {
      let source = input + i * inputRow;
      let target = output + i * outputRow;
      for (let j = 0; j < columns; ++j) {
        store<i32>(target, load<i32>(source));
        source += inputColumn;
        target += outputColumn;
      }
    }
  }
}

/**
 * output[i, j] = input[j, i] in blocks of 4×4; `inputStep` from j to j + 1, `outputStep` from i to i + 1, the others
 * are one word. Bands of 16 rows use whole cache lines of the input before they are evicted.
 */
function transposePlane(input: usize, output: usize, rows: i32, columns: i32, inputStep: i32, outputStep: i32): void {
  for (let band = 0; band < rows; band += 16) {
    const end = min(band + 16, rows);
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      let source = input + (band << 2) + j * inputStep;
      let target = output + band * outputStep + (j << 2);
      let i = band;
      for (; i + 4 <= end; i += 4) {
        transposeBlock(source, inputStep, target, outputStep);
        source += 16;
        target += outputStep << 2;
      }
      for (; i < end; ++i) {
        for (let k = 0; k < 4; ++k) store<i32>(target + (k << 2), load<i32>(source + k * inputStep));
        source += 4;
        target += outputStep;
      }
    }
    for (; j < columns; ++j) {
      for (let i = band; i < end; ++i) store<i32>(
        output + i * outputStep + (j << 2), load<i32>(input + (i << 2) + j * inputStep)
      );
    }
  }
}

@inline
function transposeBlock(source: usize, sourceStep: i32, target: usize, targetStep: i32): void {
  const x0 = v128.load(source);
  const x1 = v128.load(source + sourceStep);
  const x2 = v128.load(source + sourceStep * 2);
  const x3 = v128.load(source + sourceStep * 3);
  const a = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5);
  const b = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
  const c = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
  const d = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<i64>(a, b, 0, 2));
  v128.store(target + targetStep, v128.shuffle<i64>(a, b, 1, 3));
  v128.store(target + targetStep * 2, v128.shuffle<i64>(c, d, 0, 2));
  v128.store(target + targetStep * 3, v128.shuffle<i64>(c, d, 1, 3));
}

/** As Copy, with the value's bits in place of an input; axes have only extent and stride. */
@unmanaged
class Fill {
  bits: i32;
  output: usize;
  rank: i32;
}

export function fill(record: usize, thread: i32, threads: i32): void {
  if (thread != 0) return;
  const r = changetype<Fill>(record);
  const axes = record + offsetof<Fill>();
  const last = axes + ((r.rank - 1) << 3);
  const columns = load<i32>(last);
  const step = load<i32>(last, 4) << 2;
  let rows = 1;
  for (let axis = axes; axis < last; axis += 8) rows *= load<i32>(axis);
  for (let row = 0; row < rows; ++row) {
    let target = r.output;
    let rest = row;
    for (let axis = last - 8; axis >= axes; axis -= 8) {
      const extent = load<i32>(axis);
      target += ((rest % extent) * load<i32>(axis, 4)) << 2;
      rest /= extent;
    }
    if (step == 4) fillWords(target, r.bits, columns);
    else for (let j = 0; j < columns; ++j) store<i32>(target + j * step, r.bits);
  }
}

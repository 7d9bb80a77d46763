/**
 * What pooling does with one window: its elements to one pixel of the output, and the adjoint, one pixel of dy to the
 * elements. A vector holds four channels.
 */
import { fillWords } from "./gather";
import { choose, loadPartial, splat, storePartial } from "./simd";

/** What is done with a window: a constant at every call, so that each becomes a loop of its own. */
export const SUM: i32 = 0;
export const SELECT: i32 = 1;
/** SELECT where the keys are the values. */
export const MAX: i32 = 2;
/** The adjoints of SUM and SELECT. */
export const SPREAD: i32 = 3;
export const SCATTER: i32 = 4;

/** SPREAD and SCATTER where no windows overlap: what is written need not be read. */
export const FILL: i32 = 5;
export const PICK: i32 = 6;

/** Channels that a thread takes where there are fewer images than threads: one cache line. */
export const BLOCK: i32 = 16;

/** One window of the input to one pixel of the output. */
@inline
export function fold(
  mode: i32, keys: usize, x: usize, channels: i32, y: usize, depths: i32, heights: i32, widths: i32, pixel: i32,
  line: i32, plane: i32,
): void {
  for (; mode != SELECT && channels >= BLOCK; channels -= BLOCK) {
    foldBlock(mode, x, y, depths, heights, widths, pixel, line, plane);
    x += BLOCK << 2;
    y += BLOCK << 2;
  }
  for (; channels >= 4; channels -= 4) {
    v128.store(y, foldVector(mode, keys, x, 4, depths, heights, widths, pixel, line, plane));
    keys += 16;
    x += 16;
    y += 16;
  }
  if (channels > 0) storePartial(
    y, channels, foldVector(mode, keys, x, channels, depths, heights, widths, pixel, line, plane)
  );
}

@inline
function combine(mode: i32, x: v128, y: v128): v128 {
  return mode == SUM ? f32x4.add(x, y) : f32x4.max(x, y);
}

/**
 * A block of channels. The cheap maximum loses NaN, so the sum of what is compared is kept, too: where that is not NaN
 * there was none (it may be NaN for other reasons, such as ∞ − ∞), else the block is done again by `foldVector`.
 */
@inline
function foldBlock(
  mode: i32, x: usize, y: usize, depths: i32, heights: i32, widths: i32, pixel: i32, line: i32, plane: i32,
): void {
  const start = splat(mode == SUM ? <f32>0 : -<f32>Infinity);
  let y0 = start, y1 = start, y2 = start, y3 = start;
  let witness = splat(0);
  for (let d = 0; d < depths; ++d) {
    for (let h = 0; h < heights; ++h) {
      let element = x + d * plane + h * line;
      for (let w = widths; w > 0; --w) {
        const x0 = v128.load(element), x1 = v128.load(
          element, 16
        ), x2 = v128.load(element, 32), x3 = v128.load(element, 48);
        if (mode == SUM) {
          y0 = f32x4.add(y0, x0);
          y1 = f32x4.add(y1, x1);
          y2 = f32x4.add(y2, x2);
          y3 = f32x4.add(y3, x3);
        } else {
          y0 = f32x4.pmax(y0, x0);
          y1 = f32x4.pmax(y1, x1);
          y2 = f32x4.pmax(y2, x2);
          y3 = f32x4.pmax(y3, x3);
          witness = f32x4.add(witness, f32x4.add(f32x4.add(x0, x1), f32x4.add(x2, x3)));
        }
        element += pixel;
      }
    }
  }
  if (mode == MAX && hasNaN(witness)) {
    for (let i = 0; i < BLOCK << 2; i += 16) v128.store(
      y + i, foldVector(MAX, 0, x + i, 4, depths, heights, widths, pixel, line, plane)
    );
    return;
  }
  v128.store(y, y0);
  v128.store(y, y1, 16);
  v128.store(y, y2, 32);
  v128.store(y, y3, 48);
}

@inline
function hasNaN(x: v128): bool {
  return !i32x4.all_true(f32x4.eq(x, x));
}

@inline
function loadLanes(address: usize, lanes: i32): v128 {
  return lanes == 4 ? v128.load(address) : loadPartial(address, lanes, splat(0));
}

/** Where a key takes the place of the best so far: it is larger, or the first NaN. */
@inline
function beats(key: v128, best: v128): v128 {
  return v128.andnot(f32x4.eq(best, best), f32x4.le(key, best));
}

/** One to four channels. */
@inline
function foldVector(
  mode: i32, keys: usize, x: usize, lanes: i32, depths: i32, heights: i32, widths: i32, pixel: i32, line: i32,
  plane: i32,
): v128 {
  let best = mode == SELECT ? loadLanes(keys, lanes) : splat(0);
  let y = mode == SELECT ? loadLanes(x, lanes) : splat(mode == SUM ? <f32>0 : -<f32>Infinity);
  for (let d = 0; d < depths; ++d) {
    for (let h = 0; h < heights; ++h) {
      let at = d * plane + h * line;
      for (let w = widths; w > 0; --w) {
        const value = loadLanes(x + at, lanes);
        if (mode == SELECT) {
          const key = loadLanes(keys + at, lanes);
          const better = beats(key, best);
          best = choose(better, key, best);
          y = choose(better, value, y);
        } else {
          y = combine(mode, y, value);
        }
        at += pixel;
      }
    }
  }
  return y;
}

/** One pixel of dy to its window of dx. */
@inline
export function unfold(
  mode: i32, keys: usize, dy: usize, channels: i32, dx: usize, depths: i32, heights: i32, widths: i32, pixel: i32,
  line: i32, plane: i32,
): void {
  for (; channels >= BLOCK; channels -= BLOCK) {
    unfoldBlock(mode, keys, dy, dx, depths, heights, widths, pixel, line, plane);
    keys += BLOCK << 2;
    dy += BLOCK << 2;
    dx += BLOCK << 2;
  }
  const added = mode == FILL ? SPREAD : mode == PICK ? SCATTER : mode;
  for (; channels >= 4; channels -= 4) {
    unfoldVector(added, keys, dy, 4, dx, depths, heights, widths, pixel, line, plane);
    keys += 16;
    dy += 16;
    dx += 16;
  }
  if (channels > 0) unfoldVector(added, keys, dy, channels, dx, depths, heights, widths, pixel, line, plane);
}

/** A block of channels. As in `foldBlock`, a sum shows that there was no NaN. */
@inline
function unfoldBlock(
  mode: i32, keys: usize, dy: usize, dx: usize, depths: i32, heights: i32, widths: i32, pixel: i32, line: i32,
  plane: i32,
): void {
  let best0 = splat(-<f32>Infinity), best1 = best0, best2 = best0, best3 = best0;
  const picks = mode == PICK || mode == SCATTER;
  const adds = mode == SPREAD || mode == SCATTER;
  if (picks) {
    let witness = splat(0);
    for (let d = 0; d < depths; ++d) {
      for (let h = 0; h < heights; ++h) {
        let key = keys + d * plane + h * line;
        for (let w = widths; w > 0; --w) {
          const k0 = v128.load(key), k1 = v128.load(key, 16), k2 = v128.load(key, 32), k3 = v128.load(key, 48);
          best0 = f32x4.pmax(best0, k0);
          best1 = f32x4.pmax(best1, k1);
          best2 = f32x4.pmax(best2, k2);
          best3 = f32x4.pmax(best3, k3);
          witness = f32x4.add(witness, f32x4.add(f32x4.add(k0, k1), f32x4.add(k2, k3)));
          key += pixel;
        }
      }
    }
    if (hasNaN(witness)) return pickWithCare(mode == PICK, keys, dy, dx, depths, heights, widths, pixel, line, plane);
  }
  // What is left of dy: nothing once a key was the best.
  let d0 = v128.load(dy), d1 = v128.load(dy, 16), d2 = v128.load(dy, 32), d3 = v128.load(dy, 48);
  for (let d = 0; d < depths; ++d) {
    for (let h = 0; h < heights; ++h) {
      let at = d * plane + h * line;
      for (let w = widths; w > 0; --w) {
        if (picks) {
          const hit0 = f32x4.eq(v128.load(keys + at), best0);
          const hit1 = f32x4.eq(v128.load(keys + at, 16), best1);
          const hit2 = f32x4.eq(v128.load(keys + at, 32), best2);
          const hit3 = f32x4.eq(v128.load(keys + at, 48), best3);
          v128.store(dx + at, adds ? f32x4.add(v128.load(dx + at), v128.and(d0, hit0)) : v128.and(d0, hit0));
          v128.store(dx + at, adds ? f32x4.add(v128.load(dx + at, 16), v128.and(d1, hit1)) : v128.and(d1, hit1), 16);
          v128.store(dx + at, adds ? f32x4.add(v128.load(dx + at, 32), v128.and(d2, hit2)) : v128.and(d2, hit2), 32);
          v128.store(dx + at, adds ? f32x4.add(v128.load(dx + at, 48), v128.and(d3, hit3)) : v128.and(d3, hit3), 48);
          d0 = v128.andnot(d0, hit0);
          d1 = v128.andnot(d1, hit1);
          d2 = v128.andnot(d2, hit2);
          d3 = v128.andnot(d3, hit3);
        } else {
          v128.store(dx + at, adds ? f32x4.add(v128.load(dx + at), d0) : d0);
          v128.store(dx + at, adds ? f32x4.add(v128.load(dx + at, 16), d1) : d1, 16);
          v128.store(dx + at, adds ? f32x4.add(v128.load(dx + at, 32), d2) : d2, 32);
          v128.store(dx + at, adds ? f32x4.add(v128.load(dx + at, 48), d3) : d3, 48);
        }
        at += pixel;
      }
    }
  }
}

/** A block of channels of a window whose keys may be NaN. */
function pickWithCare(
  clears: bool, keys: usize, dy: usize, dx: usize, depths: i32, heights: i32, widths: i32, pixel: i32, line: i32,
  plane: i32,
): void {
  for (let d = 0; clears && d < depths; ++d) {
    for (let h = 0; h < heights; ++h) {
      for (let w = 0; w < widths; ++w) fillWords(dx + d * plane + h * line + w * pixel, 0, BLOCK);
    }
  }
  for (let i = 0; i < BLOCK << 2; i += 16) unfoldVector(
    SCATTER, keys + i, dy + i, 4, dx + i, depths, heights, widths, pixel, line, plane
  );
}

@inline
function unfoldVector(
  mode: i32, keys: usize, dy: usize, lanes: i32, dx: usize, depths: i32, heights: i32, widths: i32, pixel: i32,
  line: i32, plane: i32,
): void {
  const value = loadLanes(dy, lanes);
  let best = mode == SCATTER ? loadLanes(keys, lanes) : splat(0);
  let place = i32x4.splat(0);
  for (let d = 0; d < depths; ++d) {
    for (let h = 0; h < heights; ++h) {
      let at = d * plane + h * line;
      for (let w = widths; w > 0; --w) {
        if (mode == SCATTER) {
          const key = loadLanes(keys + at, lanes);
          const better = beats(key, best);
          best = choose(better, key, best);
          place = choose(better, i32x4.splat(at), place);
        } else {
          const sum = f32x4.add(loadLanes(dx + at, lanes), value);
          if (lanes == 4) v128.store(dx + at, sum);
          else storePartial(dx + at, lanes, sum);
        }
        at += pixel;
      }
    }
  }
  if (mode != SCATTER) return;
  addTo(dx + i32x4.extract_lane(place, 0), f32x4.extract_lane(value, 0));
  if (lanes > 1) addTo(dx + i32x4.extract_lane(place, 1) + 4, f32x4.extract_lane(value, 1));
  if (lanes > 2) addTo(dx + i32x4.extract_lane(place, 2) + 8, f32x4.extract_lane(value, 2));
  if (lanes > 3) addTo(dx + i32x4.extract_lane(place, 3) + 12, f32x4.extract_lane(value, 3));
}

@inline
function addTo(address: usize, value: f32): void {
  store<f32>(address, load<f32>(address) + value);
}

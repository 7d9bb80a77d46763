/**
 * Packing: copies a panel of a matrix into the order in which the micro-kernel reads it.
 *
 * A panel is `lanes` vectors of `depth` elements: rows of A or columns of B. Packed, it is [depth][width] with the
 * lanes from `lanes` to `width` zero. Element (lane, k) is at source + lane·laneStride + k·depthStride; one of the
 * strides is one element.
 */

/** Strides in bytes. `target` must not overlap `source`. */
export function packPanel(
  target: usize, width: i32, source: usize, lanes: i32, depth: i32, laneStride: usize, depthStride: usize,
): void {
  const step = <usize>width << 2;
  let lane = 0;
  if (laneStride == 4) {
    if (lanes == width && lanes >= 4) return copyLanes(target, lanes, source, depth, depthStride);
  } else if (depthStride == 4) {
    for (; lane + 4 <= lanes; lane += 4) transposeStrided(
      target + (lane << 2), step, source + lane * laneStride, depth, laneStride
    );
  }
  for (; lane < lanes; ++lane) copyLane(target + (lane << 2), step, source + lane * laneStride, depth, depthStride);
  for (; lane < width; ++lane) clearLane(target + (lane << 2), step, depth);
}

/**
 * 4, 5, 6 or 8 lanes side by side in the source: whole rows at once, because rows of a large matrix share cache sets.
 */
function copyLanes(target: usize, lanes: i32, source: usize, depth: i32, depthStride: usize): void {
  if (lanes == 8) {
    for (; depth > 0; --depth) {
      v128.store(target, v128.load(source));
      v128.store(target, v128.load(source, 16), 16);
      target += 32;
      source += depthStride;
    }
  } else if (lanes == 6) {
    for (; depth > 0; --depth) {
      v128.store(target, v128.load(source));
      store<i64>(target, load<i64>(source, 16), 16);
      target += 24;
      source += depthStride;
    }
  } else if (lanes == 5) {
    for (; depth > 0; --depth) {
      v128.store(target, v128.load(source));
      store<i32>(target, load<i32>(source, 16), 16);
      target += 20;
      source += depthStride;
    }
  } else {
    for (; depth > 0; --depth) {
      v128.store(target, v128.load(source));
      target += 16;
      source += depthStride;
    }
  }
}

function transposeStrided(target: usize, step: usize, source: usize, depth: i32, laneStride: usize): void {
  const third = source + 2 * laneStride;
  transposeQuads(target, step, source, source + laneStride, third, third + laneStride, depth);
}

/** Four contiguous lanes: 4×4 blocks transposed in registers. */
export function transposeQuads(
  target: usize, step: usize, r0: usize, r1: usize, r2: usize, r3: usize, depth: i32,
): void {
  let k = depth;
  for (; k >= 4; k -= 4) {
    const v0 = v128.load(r0);
    const v1 = v128.load(r1);
    const v2 = v128.load(r2);
    const v3 = v128.load(r3);
    const low01 = v128.shuffle<f32>(v0, v1, 0, 4, 1, 5);
    const low23 = v128.shuffle<f32>(v2, v3, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(v0, v1, 2, 6, 3, 7);
    const high23 = v128.shuffle<f32>(v2, v3, 2, 6, 3, 7);
    v128.store(target, v128.shuffle<i64>(low01, low23, 0, 2));
    target += step;
    v128.store(target, v128.shuffle<i64>(low01, low23, 1, 3));
    target += step;
    v128.store(target, v128.shuffle<i64>(high01, high23, 0, 2));
    target += step;
    v128.store(target, v128.shuffle<i64>(high01, high23, 1, 3));
    target += step;
    r0 += 16;
    r1 += 16;
    r2 += 16;
    r3 += 16;
  }
  for (; k > 0; --k) {
    store<f32>(target, load<f32>(r0));
    store<f32>(target, load<f32>(r1), 4);
    store<f32>(target, load<f32>(r2), 8);
    store<f32>(target, load<f32>(r3), 12);
    target += step;
    r0 += 4;
    r1 += 4;
    r2 += 4;
    r3 += 4;
  }
}

export function copyLane(target: usize, step: usize, source: usize, depth: i32, depthStride: usize): void {
  for (let k = 0; k < depth; ++k) {
    store<f32>(target, load<f32>(source));
    target += step;
    source += depthStride;
  }
}

function clearLane(target: usize, step: usize, depth: i32): void {
  for (let k = 0; k < depth; ++k) {
    store<f32>(target, 0);
    target += step;
  }
}

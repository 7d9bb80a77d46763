/**
 * The micro-kernel of matrix multiplication: one tile of C, up to 6 rows by 8 (or 4) columns, held in registers while a
 * packed panel of A and a panel of B are read once.
 * C = A·B, or C += A·B, for a panel of A ([depth][rows], contiguous) and
 * a panel of B ([depth][8 or 4], rows `bStride` bytes apart, so that a row-major B can be read in place). Depth is at
 * least 1; `lines` is a table of the bytes from c to each row of the tile, which may overlap. scripts/generate-tiles.ts
 * writes a function for each size, because V8 decides by how they are written how fast they are:
 *
 * - V8 leaves 15 vector registers; 5×8 with separate multiply and add needs them all. A spilled accumulator doubles the
 *   time.
 * - TurboFan orders the instructions of a block itself, backwards from what the loop hands on, accumulator by
 *   accumulator. Written plainly (last row first, loop tested first) that gives "multiply, add, multiply, add", which
 *   AMD's two floating-point schedulers share out badly [measured: 49 of 59 GFLOP/s], and unrolled over k it loads
 *   everything first and spills. `after` and `both` fix the order: "multiply, multiply, add, add" for a row, one row
 *   after the other, and a step of k only when the one before is done. Unrolled by four that reaches 56. They cost
 *   nothing, because engines drop shuffles that move nothing.
 * - A splat's offset is not folded into its load. The addresses are loop invariants, but TurboFan hoists them only
 *   when they are used before the loop as well: so the first step is before it.
 * - With relaxed madd, 6×8 in a plain loop reaches 58; unrolling it spills, ties or not.
 *
 * Look at the loops again after every change: `node --no-liftoff --no-wasm-lazy-compilation --print-wasm-code`, no
 * [rbp-…] inside.
 */
import { TILE_ROWS } from "./blocks";
import {
  ordered4x8, ordered5x8, tile1x4, tile1x8, tile2x4, tile2x8, tile3x4, tile3x8,
  tile4x4, tile4x8, tile5x4, tile5x8, tile6x4, tile6x8,
} from "./generated/tiles";

/** Multiplies one tile of `rows` ≤ TILE_ROWS rows and 8 (`wide`) or 4 columns. */
@inline
export function multiplyTile(
  rows: i32, wide: bool, k: i32, a: usize, b: usize, bs: usize, c: usize, lines: usize, acc: bool,
): void {
  if (wide) {
    switch (rows) {
      case 1: return tile1x8(k, a, b, bs, c, lines, acc);
      case 2: return tile2x8(k, a, b, bs, c, lines, acc);
      case 3: return tile3x8(k, a, b, bs, c, lines, acc);
      case 4: return ASC_FEATURE_RELAXED_SIMD ? tile4x8(
        k, a, b, bs, c, lines, acc
      ) : ordered4x8(k, a, b, bs, c, lines, acc);
      case 5: return ASC_FEATURE_RELAXED_SIMD ? tile5x8(
        k, a, b, bs, c, lines, acc
      ) : ordered5x8(k, a, b, bs, c, lines, acc);
      default: if (TILE_ROWS == 6) tile6x8(k, a, b, bs, c, lines, acc);
    }
  } else {
    switch (rows) {
      case 1: return tile1x4(k, a, b, bs, c, lines, acc);
      case 2: return tile2x4(k, a, b, bs, c, lines, acc);
      case 3: return tile3x4(k, a, b, bs, c, lines, acc);
      case 4: return tile4x4(k, a, b, bs, c, lines, acc);
      case 5: return tile5x4(k, a, b, bs, c, lines, acc);
      default: if (TILE_ROWS == 6) tile6x4(k, a, b, bs, c, lines, acc);
    }
  }
}

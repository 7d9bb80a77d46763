/** Sizes of the blocks in which products are computed and packed: matrix products, convolutions and their gradients. */

/**
 * Most rows and depth of a packed block of A: 480 kB, what a second-level cache holds; a panel of B takes 12 kB of the
 * first. src/backends/wasm/gemm-scratch.ts repeats them.
 */
export const BLOCK_ROWS: i32 = 320;
const BLOCK_DEPTH: i32 = 384;
/** Columns of a panel of B. */
export const PANEL: i32 = 8;
/** A column panel no wider than this uses the four-column tile. */
export const NARROW: i32 = 4;

/**
 * Rows of the largest tile. Bits do not depend on it: every element of C is summed in order of k, whatever its tile.
 */
export const TILE_ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;

/** Bytes of a tile of six rows by eight columns, for tiles that extend beyond C. */
export const RAGGED_BYTES: usize = 192;
/** Bytes of the offsets of a block's rows. */
export const LINES_BYTES: usize = <usize>BLOCK_ROWS << 2;
/** Bytes of those of C and, where A is patches, of A; and of a block's elements of depth. */
export const TABLE_BYTES: usize = 2 * LINES_BYTES + (<usize>BLOCK_DEPTH << 2);

/** Depth of a block: even blocks, in multiples of four for the 4×4 transposes of packing. */
@inline
export function blockDepthOf(depth: i32): i32 {
  const blocks = (depth + BLOCK_DEPTH - 1) / BLOCK_DEPTH;
  return ((depth + blocks - 1) / blocks + 3) & ~3;
}

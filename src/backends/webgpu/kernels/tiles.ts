// Tiles of products: which part of a result a workgroup computes, and how, by device and shape.
import type { DeviceFacts } from "../shader.ts";

/** How a workgroup computes a tile of rows × columns. */
export interface Tile {
  /** Threads along columns and rows. */
  readonly threads: readonly [columns: number, rows: number];
  /** Results of a thread. */
  readonly each: readonly [rows: number, columns: number];
  /**
   * How much of the depth is brought to workgroup memory at a time, for all threads; 0: threads read their operands
   * from the buffers themselves.
   */
  readonly depth: number;
  /** Multiply-adds per time of a device that is busy, relative to the other tiles of its table. */
  readonly rate: number;
}

/** A tile, and into how many parts the depth is cut, which are added up afterwards. */
export interface Tiling {
  readonly tile: Tile;
  readonly splits: number;
  /** The length of a part: a multiple of 4 and of the tile's depth. */
  readonly slice: number;
}

export const tile = (columns: number, rows: number, each: Tile["each"], depth: number, rate: number): Tile => ({
  threads: [columns, rows],
  each,
  depth,
  rate,
});

/**
 * For GPUs, not measured here. Shapes and rates follow what is published of products that come near the peak: 8 × 8
 * results a thread from tiles of 128 × 128 or 128 × 64 in shared memory (S. Boehm, "How to Optimize a CUDA Matmul
 * Kernel", 2022: kernels 4 to 6 reach 37, 69 and 78 % of cuBLAS with 8 × 1, 8 × 8 and vectorized 8 × 8 results a
 * thread), and 4 × 4 from 32 × 32 (tfjs, ONNX Runtime Web). The last ones are for products with few rows or columns.
 */
export const gpuTiles: readonly Tile[] = [
  tile(16, 16, [8, 8], 8, 1),
  tile(8, 16, [8, 8], 16, 0.95),
  tile(8, 8, [8, 8], 16, 0.85),
  tile(8, 8, [8, 4], 16, 0.65),
  tile(8, 8, [4, 4], 16, 0.5),
  tile(32, 2, [4, 4], 16, 0.4),
  tile(64, 1, [4, 4], 16, 0.35),
  tile(4, 16, [8, 4], 16, 0.45),
  tile(2, 32, [4, 4], 16, 0.35),
];

/** At least so much of the depth is worth a part of its own. */
const leastSlice = 64;
const mostSplits = 64;
/** Storing and adding up one element of a part takes as long as so many multiply-adds. */
const partCost = 16;
/**
 * The tile that is likely fastest: multiply-adds of whole tiles over its rate, times how much of the device is left
 * idle. Depends on nothing but shape and device, so that a product has the same bits at each run.
 */
export function chooseTiling(
  { rows, columns, depth, batches }: Readonly<Record<"rows" | "columns" | "depth" | "batches", number>>,
  { lanes, maxThreads, workgroupBytes }: DeviceFacts,
  { tiles, busyGroups }: { tiles: readonly Tile[]; busyGroups: number },
): Tiling {
  let best: Tiling | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const tile of tiles) {
    const threads = tile.threads[0] * tile.threads[1];
    if (threads > maxThreads || bytesOf(tile) > workgroupBytes) continue;
    const { height, width } = extentsOf(tile);
    const count = Math.ceil(rows / height) * Math.ceil(columns / width) * batches;
    /** How often the device has room for as much again. */
    const room = Math.max(lanes / (count * threads), busyGroups / count);
    const wanted = Math.min(Math.floor(room), Math.floor(depth / leastSlice), mostSplits);
    const unit = tile.depth || 4;
    const slice = Math.max(Math.ceil(depth / Math.max(wanted, 1) / unit), 1) * unit;
    const splits = Math.max(Math.ceil(depth / slice), 1);
    const parts = splits > 1 ? splits * batches * rows * columns * partCost : 0;
    const cost = (count * height * width * Math.max(depth, 1) * Math.max(1, room / splits)) / tile.rate + parts;
    if (cost >= bestCost) continue;
    best = { tile, splits, slice };
    bestCost = cost;
  }
  return best as Tiling;
}

/** Rows and columns of a tile. */
export const extentsOf = ({ threads, each }: Tile): { height: number; width: number } => ({
  height: threads[1] * each[0],
  width: threads[0] * each[1],
});

/** Bytes of workgroup memory that a tile needs at most: rows of operands that lie along the depth are padded. */
export function bytesOf(tile: Tile): number {
  const { height, width } = extentsOf(tile);
  return tile.depth === 0 ? 0 : (height + width) * (tile.depth + 4) * 4;
}

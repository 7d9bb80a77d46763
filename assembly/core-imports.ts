/** Functions of the core module that kernels of the rest module call. They are called for large pieces of work only. */

// @ts-ignore: decorator
@external("core", "ownScratch")
export declare function ownScratch(address: usize): usize;

// @ts-ignore: decorator
@external("core", "executeRecords")
export declare function executeRecords(program: usize, count: i32, thread: i32, threads: i32): bool;

// @ts-ignore: decorator
@external("core", "packPanel")
export declare function packPanel(
  target: usize, width: i32, source: usize, lanes: i32, depth: i32, laneStride: usize, depthStride: usize,
): void;

// @ts-ignore: decorator
@external("core", "packPanels")
export declare function packPanels(
  target: usize, panels: i32, height: i32, a: usize, depth: i32, aRow: usize, aColumn: usize,
): void;

// @ts-ignore: decorator
@external("core", "multiplyPanels")
export declare function multiplyPanels(
  panels: i32, height: i32, columns: i32, depth: i32,
  a: usize, b: usize, bStride: usize, c: usize, lines: usize,
  accumulate: bool, ragged: usize,
): void;

// @ts-ignore: decorator
@external("core", "mapElements")
export declare function mapElements(record: usize, from: i32, to: i32): void;

/**
 * Runs a program: one call from the host does every instruction. A program is a row of records, each a header and the words
 * that its kernel reads (the class at the top of the kernel's file; src/backends/wasm/records.ts writes them).
 */
import { convInputGrad } from "./conv";
import { copy, fill } from "./copy";
import { cumsum } from "./cumsum";
import { depthwise, depthwiseFilterGrad } from "./depthwise";
import { gather, scatterAdd } from "./gather";
import { matmul } from "./gemm";
import { map, setThread } from "./map";
import { pool, poolGrad } from "./pool";
import { random } from "./random";
import { argReduce, reduce } from "./reduce";
import { softmax, softmaxGrad } from "./softmax";

export { roofline } from "./roofline";

@unmanaged
class Header {
  /** Index into `kernels`. */
  kernel: i32;
  /** Bytes to the next header. */
  size: i32;
  unused0: i32;
  unused1: i32;
}

type Kernel = (record: usize, thread: i32, threads: i32) => void;

/** In the order of `kernelNumbers` in src/backends/wasm/records.ts. */
const kernels: StaticArray<Kernel> = [
  map, matmul, reduce, argReduce, softmax, softmaxGrad, gather, scatterAdd, random, cumsum, copy, fill, convInputGrad, pool, poolGrad, depthwise, depthwiseFilterGrad,
];

/** Runs `count` instructions as thread `thread` of `threads`. */
export function execute(program: usize, count: i32, thread: i32, threads: i32): void {
  setThread(thread);
  for (; count > 0; --count) {
    const header = changetype<Header>(program);
    kernels[header.kernel](program + offsetof<Header>(), thread, threads);
    program += header.size;
  }
}

/** The first byte that the host may use. */
export function heapBase(): usize {
  return __heap_base;
}

/** Whether matrix products are those of relaxed SIMD, whose bits depend on the CPU. */
export function isRelaxed(): bool {
  return ASC_FEATURE_RELAXED_SIMD;
}

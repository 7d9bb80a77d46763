import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { matmulScratchBytes } from "../../src/backends/wasm/gemm-scratch.ts";

const assembly = fileURLToPath(new URL("../../assembly", import.meta.url));

/** Stands in for assembly/map.ts: the record is {address}, the expression 2·c + 1, so that a second application shows. */
const mapStub = `export function mapElements(record: usize, from: i32, to: i32): void {
  const c = load<usize>(record);
  for (let i = from; i < to; ++i) store<f32>(c + (i << 2), load<f32>(c + (i << 2)) * 2 + 1);
}`;

/** Compiles assembly/gemm.ts alone, with the stub for its epilogue. */
export async function compileGemm(features: string): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array | undefined;
  const options = "--config none --runtime stub --importMemory --noExportMemory -O3 --noAssert --converge --uncheckedBehavior always --disableWarning 201";
  const { error, stderr } = await asc.main(["gemm.ts", "--enable", features, "--outFile", "gemm.wasm", ...options.split(" ")], {
    readFile(name) {
      if (name === "map.ts") return mapStub;
      try {
        return readFileSync(join(assembly, name), "utf8");
      } catch {
        return null;
      }
    },
    writeFile(name, contents) {
      if (name === "gemm.wasm") binary = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`asc failed: ${error?.message}\n${stderr.toString()}`);
  return Uint8Array.from(binary);
}

/** One product: A is [batch, m, k], B is [batch, k, n]; strides as in the record of the kernel, in elements. */
export interface Product {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: { readonly row: number; readonly column: number; readonly batch: number };
  readonly b: { readonly row: number; readonly column: number; readonly batch: number };
  readonly epilogue: boolean;
}

const recordAddress = 1024;
const epilogueAddress = 2048;
const first = 4096;
const guard = 256;
const sentinel = -123456;

/** Runs the kernel on its own memory and checks that it writes nothing but C and its scratch. */
export class Gemm {
  private readonly memory = new WebAssembly.Memory({ initial: 512 });
  private readonly kernel: (record: number, thread: number, threads: number) => void;

  constructor(binary: Uint8Array<ArrayBuffer>) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory: this.memory } });
    this.kernel = exports["matmul"] as typeof this.kernel;
  }

  run(product: Product, a: Float32Array, b: Float32Array, threads = 1): Float32Array {
    const { batch, m, n, k } = product;
    const size = batch * m * n;
    const floats = new Float32Array(this.memory.buffer).fill(sentinel);
    const align = (address: number) => Math.ceil((address + guard) / 64) * 64;
    const aAddress = first;
    // A byte offset that is a multiple of 4 but not of 16: views of bigger matrices need not be aligned.
    const bAddress = align(aAddress + a.byteLength) + 4;
    const cAddress = align(bAddress + b.byteLength) + 8;
    const scratch = align(cAddress + size * 4);
    const scratchEnd = scratch + matmulScratchBytes(m, n, k, threads);
    if (scratchEnd + guard > this.memory.buffer.byteLength) throw new Error("the test's memory is too small");
    floats.set(a, aAddress / 4);
    floats.set(b, bAddress / 4);
    const words = new Int32Array(this.memory.buffer);
    const strides = [product.a.row, product.a.column, product.b.row, product.b.column, product.a.batch, product.b.batch];
    words.set([aAddress, bAddress, cAddress, batch, m, n, k, ...strides, scratch, product.epilogue ? epilogueAddress : 0], recordAddress / 4);
    words.set([cAddress], epilogueAddress / 4);
    for (let thread = 0; thread < threads; thread++) this.kernel(recordAddress, thread, threads);

    const untouched = (from: number, to: number) => floats.subarray(from / 4, to / 4).every((value) => value === sentinel);
    const gaps = [untouched(aAddress + a.byteLength, bAddress), untouched(bAddress + b.byteLength, cAddress), untouched(cAddress + size * 4, scratch)];
    if (gaps.includes(false) || !untouched(scratchEnd, this.memory.buffer.byteLength)) throw new Error(`wrote outside of C: ${JSON.stringify(product)}`);
    return floats.slice(cAddress / 4, cAddress / 4 + size);
  }
}

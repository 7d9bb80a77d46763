import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { matmulScratchBytes } from "../../src/backends/wasm/gemm-scratch.ts";

const assembly = fileURLToPath(new URL("../../assembly", import.meta.url));

/**
 * Stands in for assembly/map.ts: the record is {address}, the expression 2·c + 1, so that a second application shows.
 */
const mapStub = `export function mapElements(record: usize, from: i32, to: i32): void {
  const c = load<usize>(record);
  for (let i = from; i < to; ++i) store<f32>(c + (i << 2), load<f32>(c + (i << 2)) * 2 + 1);
}`;

/** Compiles assembly/gemm.ts alone, with the stub for its epilogue. */
export async function compileGemm(features: string): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array | undefined;
  const options =
    "--config none --runtime stub --importMemory --noExportMemory -O3 --noAssert --converge --uncheckedBehavior always --disableWarning 201";
  const { error, stderr } = await asc.main(
    ["gemm.ts", "threads.ts", "--enable", `${features},threads`, "--outFile", "gemm.wasm", ...options.split(" ")],
    {
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
    },
  );
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

// Behind the static data of the module, which begins at 1024.
const recordAddress = 3072;
const epilogueAddress = 2048;
const first = 4096;
const guard = 256;
const sentinel = -123456;

/** Runs the kernel on its own memory and checks that it writes nothing but C and its scratch. */
export class Gemm {
  private readonly memory = new WebAssembly.Memory({ initial: 512 });
  private readonly floats = new Float32Array(this.memory.buffer);
  private readonly words = new Int32Array(this.memory.buffer);
  private readonly kernel: (record: number, thread: number, threads: number) => void;
  private readonly setThread: (thread: number, stride: number) => void;

  constructor(binary: Uint8Array<ArrayBuffer>) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory: this.memory } });
    this.kernel = exports.matmul as typeof this.kernel;
    this.setThread = exports.setThread as typeof this.setThread;
  }

  run(product: Product, a: Float32Array, b: Float32Array, threads = 1): Float32Array {
    const { batch, m, n, k } = product;
    const align = (address: number) => Math.ceil((address + guard) / 64) * 64;
    const aAddress = first;
    // Multiples of 4 but not of 16: views of bigger matrices need not be aligned.
    const bAddress = align(aAddress + a.byteLength) + 4;
    const cAddress = align(bAddress + b.byteLength) + 8;
    const cEnd = cAddress + batch * m * n * 4;
    const scratch = align(cEnd);
    const stride = matmulScratchBytes(m, n, k);
    const scratchEnd = scratch + stride * threads;
    if (scratchEnd + guard > this.floats.byteLength) throw new Error("the test's memory is too small");
    this.floats.fill(sentinel, first / 4, scratch / 4).fill(sentinel, scratchEnd / 4, scratchEnd / 4 + guard);
    // What an earlier instruction left in the scratch memory must not matter.
    this.floats.fill(Number.NaN, scratch / 4, scratchEnd / 4);
    this.floats.set(a, aAddress / 4);
    this.floats.set(b, bAddress / 4);
    const strides = [
      product.a.row,
      product.a.column,
      product.b.row,
      product.b.column,
      product.a.batch,
      product.b.batch,
    ];
    this.words.set(
      [aAddress, bAddress, cAddress, batch, m, n, k, ...strides, scratch, product.epilogue ? epilogueAddress : 0],
      recordAddress / 4,
    );
    this.words.set([cAddress, n], epilogueAddress / 4);
    for (let thread = 0; thread < threads; thread++) {
      this.setThread(thread, stride);
      this.kernel(recordAddress, thread, threads);
    }

    this.expectUntouched(aAddress + a.byteLength, bAddress, product);
    this.expectUntouched(bAddress + b.byteLength, cAddress, product);
    this.expectUntouched(cEnd, scratch, product);
    this.expectUntouched(scratchEnd, scratchEnd + guard, product);
    return this.floats.slice(cAddress / 4, cEnd / 4);
  }

  private expectUntouched(from: number, to: number, product: Product): void {
    for (let i = from / 4; i < to / 4; i++)
      if (this.floats[i] !== sentinel) throw new Error(`wrote outside of C: ${JSON.stringify(product)}`);
  }
}

import { webgpu } from "../../../src/backends/webgpu/index.ts";
import { type Backend, bind, compile, type Executable, type Tensor, Variable, wasm } from "../../../src/index.ts";
import { device } from "./device.ts";

const oneThread: object = { threads: 1 };
/** This library's backend for all rows: WASM on one thread, or WebGPU. */
export const backend: Backend = await (device === "webgpu" ? webgpu() : wasm(oneThread));

/** A program of one expression on data that the backend holds, like the tensors that rivals are given. */
export async function programOf(
  operands: readonly Operand[],
  expression: (...tensors: Tensor[]) => Tensor,
): Promise<Executable> {
  const variables = operands.map(({ data, shape }) => new Variable(shape, { initial: data }));
  return bind(compile({ outputs: { y: expression(...variables.map(({ tensor }) => tensor)) } }), backend);
}

/** What a kernel works on. */
export interface Operand {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Numbers in (−1, 1) that are the same in each run. */
export function noise(shape: readonly number[], seed: number): Operand {
  const data = new Float32Array(shape.reduce((size, extent) => size * extent, 1));
  let state = seed | 0;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    data[i] = state / 2 ** 31;
  }
  return { data, shape };
}

// Runs the bare multiply-add loop, compiled, in any runtime.

const rounds = 20_000;
/** Floating-point operations of one call. */
export const rooflineFlops = rounds * 12 * 4 * 2;

/** A function that runs the loop of a module once. */
export function loopOf(module: WebAssembly.Module): () => void {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  // Above the constants of the module.
  const constants = 32768;
  new Float32Array(memory.buffer, constants, 8).fill(0.5, 0, 4).fill(0.25, 4, 8);
  const { roofline } = exports as unknown as { roofline(rounds: number, constants: number): number };
  return () => {
    roofline(rounds, constants);
  };
}

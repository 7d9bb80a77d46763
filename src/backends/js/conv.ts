import type { ConvInputGradInstruction } from "../../ir/instructions/conv.ts";
import { matrixAt } from "./matmul.ts";
import type { Memory } from "./memory.ts";

/**
 * Adds dy · filterᵀ at the patches. Sums over filters are in float64; a patch's elements are added one after the other.
 */
export function convInputGrad(
  { dy, filter, patches, output, rowAxes }: ConvInputGradInstruction,
  memory: Memory,
): void {
  memory.window(output).fill(0);
  const [groups, rows, filters] = dy.shape as [number, number, number];
  const depth = filter.shape[1] as number;
  for (let group = 0; group < groups; group++) {
    const gradient = matrixAt(dy, group, memory);
    const weights = matrixAt(filter, group, memory);
    const target = matrixAt(patches, group, memory, rowAxes);
    for (let i = 0; i < rows; i++) {
      const from = gradient.rows[i] as number;
      const to = target.rows[i] as number;
      for (let k = 0; k < depth; k++) {
        const weight = weights.rows[k] as number;
        let sum = 0;
        for (let j = 0; j < filters; j++) {
          sum +=
            (gradient.data[from + (gradient.columns[j] as number)] as number) *
            (weights.data[weight + (weights.columns[j] as number)] as number);
        }
        const at = to + (target.columns[k] as number);
        target.data[at] = (target.data[at] as number) + sum;
      }
    }
  }
}

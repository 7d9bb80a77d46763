import type {
  ConvFilterGradInstruction,
  ConvInputGradInstruction,
  ConvInstruction,
} from "../../ir/instructions/conv.ts";
import { sizeOf, stridesOf } from "../../ir/shape.ts";
import { collapse, type View } from "../../ir/view.ts";
import type { ConvWindows } from "../../ir/windows.ts";
import { blockDepth, blockRows, fixedBytes, panel } from "./gemm-scratch.ts";
import { writeMatmul, writePatches } from "./matmul-record.ts";
import type { RecordWriter } from "./record-writer.ts";

// Convolutions as products with patches: views of an image, of which nothing is copied. Their windows have no padding
// any more: `lowerConvolutions` has seen to it.

/** Patches [groups, rows…, depth…], so many axes of which make up the rows. */
interface Patches extends View {
  readonly rowAxes: number;
}

/** Patches times kernel, group by group. */
export function writeConv({ windows, input, kernel, output, epilogue }: ConvInstruction, writer: RecordWriter): void {
  const a = patchesOf(input, windows, false);
  writeProduct(a, byGroup(kernel, windows), byGroup(output, windows), epilogue, writer);
}

/** Patches, rows and depth exchanged, times dy, group by group. */
export function writeConvFilterGrad(
  { windows, input, dy, output, epilogue }: ConvFilterGradInstruction,
  writer: RecordWriter,
): void {
  const a = patchesOf(input, windows, true);
  writeProduct(a, byGroup(dy, windows), byGroup(output, windows), epilogue, writer);
}

/** A product of matrices where the patches are one per group: windows of one element without gaps. */
function writeProduct(
  { rowAxes, ...a }: Patches,
  b: View,
  output: View,
  epilogue: ConvInstruction["epilogue"],
  writer: RecordWriter,
): void {
  const isMatrix = a.shape.length === 3 && a.strides.slice(1).includes(1);
  writeMatmul({ a, b, output, ...(epilogue && { epilogue }), ...(!isMatrix && { rowAxes }) }, writer);
}

/** Writes the record of assembly/conv.ts: dy times transposed kernel, added at the patches of the output. */
export function writeConvInputGrad(
  { windows, dy, kernel, output }: ConvInputGradInstruction,
  writer: RecordWriter,
): void {
  const { batch, groups, outputs } = windows;
  const { rowAxes, ...places } = patchesOf(output, windows, false);
  const patches =
    places.strides.at(-1) === 1 ? places : { ...places, shape: [...places.shape, 1], strides: [...places.strides, 1] };
  const [from, weights] = [byGroup(dy, windows), byGroup(kernel, windows)];
  const [dyGroup = 0, dyRow = 0, dyColumn = 0] = from.strides;
  const [filterGroup = 0, filterRow = 0, filterColumn = 0] = weights.strides;
  const [, depth = 0, filters = 0] = weights.shape;
  const rows = sizeOf(outputs);
  const runLength = patches.shape.at(-1) as number;
  const set = writer.fields({
    entries: batch,
    groups,
    rows,
    depth,
    filters,
    dy: writer.addressOf(dy),
    dyGroup,
    dyRow,
    dyColumn,
    filter: writer.addressOf(kernel),
    filterGroup,
    filterRow,
    filterColumn,
    output: writer.addressOf(output),
    sample: sizeOf(output.shape) / batch,
    target: writer.addressOf(patches),
    targetGroup: patches.strides[0] as number,
    patches: 0,
    scratch: writer.scratch(convInputGradScratchBytes(rows, filters, depth / runLength, runLength)),
  });
  set("patches", writer.address);
  writePatches(patches, rowAxes, writer);
}

/**
 * The patches of a contiguous image under windows without padding, with the fewest axes. A row is a window, its depth
 * are the elements under it; `turned` exchanges them.
 */
function patchesOf(
  image: View,
  { batch, inputs, outputs, size, strides, dilations, channels, groups }: ConvWindows,
  turned: boolean,
): Patches {
  const [sample = 0, ...steps] = stridesOf([batch, ...inputs, channels]);
  const by = (factors: readonly number[]) => factors.map((factor, axis) => factor * (steps[axis] as number));
  const depth = channels / groups;
  const axes = (shape: readonly number[], along: readonly number[]) => {
    const merged = collapse({ ...image, shape, strides: along });
    return merged.shape.length > 0 ? merged : { shape: [1], strides: [1] };
  };
  const windowAxes = axes([batch, ...outputs], [sample, ...by(strides)]);
  const elementAxes = axes([...size, depth], [...by(dilations), 1]);
  const [rows, columns] = turned ? [elementAxes, windowAxes] : [windowAxes, elementAxes];
  return {
    ...image,
    shape: [groups, ...rows.shape, ...columns.shape],
    strides: [depth, ...rows.strides, ...columns.strides],
    rowAxes: rows.shape.length,
  };
}

/** A contiguous [rows…, filters] as [groups, rows, filters / groups]. */
function byGroup(view: View, { groups, filters }: ConvWindows): View {
  const columns = filters / groups;
  const rows = sizeOf(view.shape.slice(0, -1));
  return { ...view, shape: [groups, rows, columns], strides: [columns, filters, 1] };
}

/**
 * Bytes of scratch memory that one thread of `convInputGrad` uses: as matmul, but for all panels of the filters.
 * Each of the `runs` contiguous parts of a patch is packed in whole panels.
 */
function convInputGradScratchBytes(rows: number, filters: number, runs: number, runLength: number): number {
  const depth = Math.ceil(Math.min(filters, blockDepth) / 4) * 4;
  const columns = runs * Math.ceil(runLength / panel) * panel;
  const bytes = fixedBytes + (columns + Math.min(rows, blockRows)) * depth * 4;
  return Math.ceil(bytes / 64) * 64;
}

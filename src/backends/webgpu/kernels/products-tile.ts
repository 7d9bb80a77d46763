// The generator of products: tiles of results in registers, with operands from workgroup memory or from the buffers.
import type { View } from "../../../ir/view.ts";
import { type Context, type Dispatch, grid, mainCode, Shader } from "../shader.ts";
import { type ProductStyle, TileText } from "./products-loops.ts";
import type { Source, WideSpaces } from "./products-sources.ts";
import { addParts, finishCode, type Target, wideSpaces, wideSpacesOf } from "./products-store.ts";
import { chooseTiling, extentsOf, gpuTiles } from "./tiles.ts";

/** For each batch: result[row, column] = Σ over the depth of left[row, k] · right[k, column]. */
export interface Product {
  readonly batches: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** The operands; the names of what they declare begin with a and b. */
  left(shader: Shader, allowed: WideSpaces): Source;
  right(shader: Shader, allowed: WideSpaces): Source;
  readonly target: Target;
}

/** Operands from workgroup memory. Large GPUs have about 130 cores. */
const gpuProducts: ProductStyle = { tiles: gpuTiles, busyGroups: 192, Text: TileText };

/** The dispatches of a product: one, or two where the depth is cut into parts. No float atomics: the order is fixed. */
export function product(ctx: Context, it: Product): Dispatch[] {
  const { batches, rows, columns, depth } = it;
  if (batches * rows * columns === 0) return [];
  const style = ctx.products ?? gpuProducts;
  const { tile, splits, slice } = chooseTiling(it, ctx.device, style);
  const { height, width } = extentsOf(tile);
  const [down, across] = [Math.ceil(rows / height), Math.ceil(columns / width)];
  // Rows of parts are padded, so that vectors of four begin at multiples of 4.
  const pitch = Math.ceil(columns / 4) * 4;
  const parts = splits > 1 ? ctx.scratch(splits * batches * rows * pitch) : undefined;
  const shader = new Shader(ctx);
  const vector = tile.each[1] % 4 === 0 ? 4 : 1;
  const isFour = vector === 4 && (splits > 1 || columns % 4 === 0);
  let allowed: WideSpaces = new Set();
  if (isFour) allowed = parts ? wideSpaces([parts], true, ctx) : wideSpacesOf(it.target, ctx);
  const operands = { left: it.left(shader, allowed), right: it.right(shader, allowed) };
  const tiles = down * across * batches;
  const { groups, flat } = grid(tiles * splits, ctx.device);
  const text = new style.Text(operands, it, tile);
  // Neighbouring workgroups work on 8 rows of tiles by as many columns as they like: operands stay in caches.
  const band = 8 * across;
  const body = `let id = ${flat};
if (id >= ${tiles * splits}u) { return; }
let z = (id / ${down * across}u) % ${batches}u;
let inBatch = id % ${down * across}u;
let band = inBatch / ${band}u;
let bandRows = min(8u, ${down}u - band * 8u);
let row0 = (band * 8u + (inBatch % ${band}u) % bandRows) * ${height}u;
let column0 = ((inBatch % ${band}u) / bandRows) * ${width}u;
let kLow = (id / ${tiles}u) * ${slice}u;
let kHigh = min(kLow + ${slice}u, ${depth}u);
let tx = l % ${tile.threads[0]}u;
let ty = l / ${tile.threads[0]}u;
${operands.left.start}
${operands.right.start}
${text.sums()}
${depth === 0 ? "" : text.loop()}
${text.stores(parts ? `(id / ${tiles}u) * ${batches}u + z` : "z", isFour)}`;
  const finish = parts ? partsCode(shader, parts, it, pitch, isFour) : finishCode(shader, ctx, it.target, isFour);
  const code = shader.text(`${text.declarations}${finish}${mainCode(tile.threads[0] * tile.threads[1], body)}`);
  const first = { code, params: shader.params, groups };
  return parts ? [first, ...addParts(ctx, it.target, parts, { splits, batches, pitch })] : [first];
}

/** `finish` of a product whose depth is cut: stores to this part's piece of scratch. */
function partsCode(shader: Shader, parts: View, { rows }: Product, pitch: number, isFour: boolean): string {
  const operand = shader.operand(parts);
  return `
fn finish(piece: u32, row: u32, column: u32, value: ${isFour ? "vec4<f32>" : "f32"}) {
let at = (piece * ${rows}u + row) * ${pitch}u + column;
${isFour ? operand.setFour("at", "value") : operand.set("at", "value")}
}
`;
}

// Where the results of products go: to the output, through the map that is the epilogue, or to scratch as parts.
import type { MapInstruction } from "../../../ir/instructions/map.ts";
import { sizeOf } from "../../../ir/shape.ts";
import { samePlace, type View } from "../../../ir/view.ts";
import { expressionCode } from "../expression.ts";
import { type Context, type Dispatch, type Operand, offsetCode, perItem, Shader, type Space } from "../shader.ts";
import type { Axes, WideSpaces } from "./products-sources.ts";

/** Where the results of a product go. Columns lie side by side. */
export interface Target {
  readonly view: View;
  readonly batch: Axes;
  readonly rows: Axes;
  readonly columns: number;
  /** Only where the rows of all batches are one contiguous matrix. */
  readonly epilogue?: MapInstruction | undefined;
}

const rowsOf = ({ rows }: Target) => sizeOf(rows.shape);

const store = (operand: Operand, index: string, value: string, isFour: boolean) =>
  isFour ? operand.setFour(index, value) : operand.set(index, value);

/** The views that a product stores to, beside parts. */
function storesOf({ view, epilogue }: Target, ctx: Context): View[] {
  if (!epilogue) return [view];
  const isKept = ctx.isRead(view) && !epilogue.outputs.some((output) => samePlace(output, view));
  return isKept ? [view, ...epilogue.outputs] : [...epilogue.outputs];
}

/** The spaces that stores to these views leave wide: whole vectors at multiples of 4. */
export function wideSpaces(views: readonly View[], isQuartered: boolean, ctx: Context): WideSpaces {
  const spaces = new Set<Space>(["arena", "heap", "constants"]);
  for (const view of views) {
    const { space, base } = ctx.placeOf(view);
    if (!isQuartered || base % 4 !== 0) spaces.delete(space);
  }
  return spaces;
}

/** The spaces that stores of four columns to a target leave wide. */
export function wideSpacesOf(target: Target, ctx: Context): WideSpaces {
  const { batch, rows } = target;
  const isQuartered = [batch, rows].every(({ shape, strides }) =>
    shape.every((extent, axis) => extent === 1 || (strides[axis] as number) % 4 === 0),
  );
  return wideSpaces(storesOf(target, ctx), target.columns % 4 === 0 && isQuartered, ctx);
}

/** The WGSL function `finish(z, row, column, value)`, which stores one result, or four from a column on. */
export function finishCode(shader: Shader, ctx: Context, target: Target, isFour: boolean): string {
  const { view, batch, rows, epilogue } = target;
  const stores = storesOf(target, ctx);
  const keep = stores.includes(view) ? shader.operand(view) : undefined;
  const place = `let at = ${offsetCode("z", batch.shape, batch.strides)} + ${offsetCode("row", rows.shape, rows.strides)} + column;`;
  const { declarations, body } = epilogue
    ? epilogueCode(shader, target, epilogue, isFour)
    : { declarations: "", body: "" };
  return `${declarations}
fn finish(z: u32, row: u32, column: u32, value: ${isFour ? "vec4<f32>" : "f32"}) {
${keep ? `${place}\n${store(keep, "at", "value", isFour)}` : ""}
${body}
}
`;
}

/** The function `apply` of the epilogue's expression, and what calls it for the elements of `value`. */
function epilogueCode(
  shader: Shader,
  target: Target,
  { shape, inputs, outputs, expression }: MapInstruction,
  isFour: boolean,
): { declarations: string; body: string } {
  const components = isFour ? ["x", "y", "z", "w"] : [""];
  const reads: string[] = [];
  const values = inputs.map((view, i) => {
    if (samePlace(view, target.view)) return "value";
    const operand = shader.operand(view);
    reads.push(`let i${i}At = ${offsetCode("flat", shape, view.strides)};`);
    const isRow = view.strides.at(-1) === 1;
    const isAligned =
      isRow && operand.place.base % 4 === 0 && view.strides.slice(0, -1).every((step) => step % 4 === 0);
    const four = isRow ? operand.getFour(`i${i}At`, isAligned) : `vec4<f32>(${operand.get(`i${i}At`)})`;
    reads.push(`let i${i} = ${isFour ? four : operand.get(`i${i}At`)};`);
    return `i${i}`;
  });
  const code = expressionCode(
    expression,
    inputs.map((_, i) => `x${i}`),
  );
  const pick = (value: string, component: string) => (component ? `${value}.${component}` : value);
  const call = (component: string) =>
    `let r${component} = apply(${values.map((value) => pick(value, component)).join(", ")});`;
  const writes = outputs.map((view, o) => {
    const result = components.map((component) => `r${component}.y${o}`).join(", ");
    return `let o${o} = ${isFour ? `vec4<f32>(${result})` : result}; ${store(shader.operand(view), "flat", `o${o}`, isFour)}`;
  });
  return {
    declarations: `struct Results { ${outputs.map((_, o) => `y${o}: f32`).join(", ")} }
fn apply(${inputs.map((_, i) => `x${i}: f32`).join(", ")}) -> Results {
${code}
return Results(${expression.outputs.map((node) => `n${node}`).join(", ")});
}`,
    body: `let flat = (z * ${rowsOf(target)}u + row) * ${target.columns}u + column;
${[...reads, ...components.map(call), ...writes].join("\n")}`,
  };
}

/** The second stage of a product whose depth was cut: adds up the parts in order, and stores. */
export function addParts(
  ctx: Context,
  target: Target,
  parts: View,
  { splits, batches, pitch }: { splits: number; batches: number; pitch: number },
): Dispatch[] {
  const rows = rowsOf(target);
  const { columns } = target;
  const width = columns % 4 === 0 ? 4 : 1;
  const shader = new Shader(ctx);
  const operand = shader.operand(parts);
  if (width === 4 && wideSpacesOf(target, ctx).has(operand.place.space)) shader.wide.add(operand.place.space);
  const units = columns / width;
  const read = width === 4 ? operand.getFour("at", true) : operand.get("at");
  const finish = finishCode(shader, ctx, target, width === 4);
  return perItem(
    ctx,
    shader,
    batches * rows * units,
    `let z = i / ${rows * units}u;
let row = (i / ${units}u) % ${rows}u;
let column = (i % ${units}u) * ${width}u;
var at = (z * ${rows}u + row) * ${pitch}u + column;
var sum = ${read};
for (var part = 1u; part < ${splits}u; part++) { at += ${batches * rows * pitch}u; sum += ${read}; }
finish(z, row, column, sum);`,
    finish,
    // Where it sees memory as vectors it cannot be merged with others.
    shader.wide.size > 0 ? undefined : splits * width,
  );
}

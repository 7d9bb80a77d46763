/**
 * Writes assembly/generated/tiles.ts: the micro-kernels of matrix multiplication, one function for each size of tile.
 * assembly/tile.ts says what they do and why they are written so.
 */
import { mkdirSync, writeFileSync } from "node:fs";

/** Steps of k in one round of an unrolled loop. */
const UNROLL = 4;

interface Tile {
  readonly rows: number;
  /** Vectors of four columns in a row. */
  readonly vectors: 1 | 2;
  /** Whether to unroll over k and order instructions for a multiply and an add; else a plain loop. */
  readonly ordered: boolean;
}

const plain: readonly Tile[] = [1, 2, 3, 4, 5, 6].flatMap((rows) =>
  ([1, 2] as const).map((vectors) => ({ rows, vectors, ordered: false })),
);
const ordered: readonly Tile[] = [4, 5].map((rows) => ({ rows, vectors: 2, ordered: true }));

export const nameOf = ({ rows, vectors, ordered }: Tile): string =>
  `${ordered ? "ordered" : "tile"}${rows}x${vectors * 4}`;

function tileText(tile: Tile): string {
  const { rows, vectors } = tile;
  const columns = Array.from({ length: vectors }, (_, v) => v);
  const ascending = Array.from({ length: rows }, (_, row) => row);
  const descending = [...ascending].reverse();
  const cells = ascending.flatMap((row) => columns.map((v) => `c${row}${v}`));
  const at = (address: string, v: number) => (v === 0 ? address : `${address}, ${v * 16}`);
  const splat = (row: number) => `v128.load_splat<f32>(a${row === 0 ? "" : `, ${row * 4}`})`;
  const lineOf = (row: number) => `l${row}`;

  const loadB = columns.map((v) => `b${v} = v128.load(${at("b", v)});`);
  const advance = [`a += ${rows * 4};`, "b += bStride;"];
  const firstStep = [
    ...loadB,
    ...descending.flatMap((row) => [`x = ${splat(row)};`, ...columns.map((v) => `c${row}${v} = f32x4.mul(x, b${v});`)]),
    ...advance,
  ];
  const plainStep = [
    ...loadB,
    ...descending.flatMap((row) => [
      `x = ${splat(row)};`,
      ...columns.map((v) => `c${row}${v} = madd(x, b${v}, c${row}${v});`),
    ]),
    ...advance,
  ];
  const orderedStep = (step: number) => [
    ...loadB,
    ...descending.flatMap((row, place) => [
      `x = ${place === 0 && step > 0 ? `after(z, ${splat(row)})` : splat(row)};`,
      "p = f32x4.mul(x, b0);",
      "q = after(p, f32x4.mul(x, b1));",
      `c${row}1 = f32x4.add(c${row}1, q);`,
      `c${row}0 = f32x4.add(c${row}0, p);`,
      `z = both(${place === 0 ? `c${row}1` : "z"}, both(c${row}1, c${row}0));`,
      "z = both(z, z);",
      "z = both(z, z);",
    ]),
    ...advance,
  ];
  const loop = (end: string, body: readonly string[]) => [
    `while (a != ${end}) {`,
    ...body.map((line) => `  ${line}`),
    "}",
  ];
  const loops = tile.ordered
    ? [
        `const middle = a + <usize>((depth - 1) & ${UNROLL - 1}) * ${rows * 4};`,
        ...loop("middle", plainStep),
        ...loop("end", [
          ...Array.from({ length: UNROLL }, (_, step) => orderedStep(step)).flat(),
          "c00 = after(z, c00);",
        ]),
      ]
    : loop("end", plainStep);
  const stores = (value: (row: number, v: number) => string) =>
    ascending.flatMap((row) =>
      columns.map((v) => `v128.store(${lineOf(row)}, ${value(row, v)}${v === 0 ? "" : `, ${v * 16}`});`),
    );

  return [
    `export function ${nameOf(tile)}(depth: i32, a: usize, b: usize, bStride: usize, c: usize, lines: usize, accumulate: bool): void {`,
    ...[
      `const end = a + <usize>depth * ${rows * 4};`,
      `let b0 = v128.load(b)${columns
        .slice(1)
        .map((v) => `, b${v} = b0`)
        .join("")}, x = b0${tile.ordered ? ", p = b0, q = b0, z = b0" : ""};`,
      `let ${cells.map((cell) => `${cell} = b0`).join(", ")};`,
      ...firstStep,
      ...loops,
      ...ascending.map((row) => `const ${lineOf(row)} = c + load<i32>(lines, ${row * 4});`),
      "if (accumulate) {",
      ...stores((row, v) => `f32x4.add(v128.load(${at(lineOf(row), v)}), c${row}${v})`).map((line) => `  ${line}`),
      "} else {",
      ...stores((row, v) => `c${row}${v}`).map((line) => `  ${line}`),
      "}",
    ].map((line) => `  ${line}`),
    "}",
  ].join("\n");
}

/** Writes the file. */
export function generateTiles(): void {
  const url = new URL("../assembly/generated/tiles.ts", import.meta.url);
  mkdirSync(new URL(".", url), { recursive: true });
  const texts = [...plain, ...ordered].map(tileText).join("\n\n");
  writeFileSync(
    url,
    `// Written by scripts/generate-tiles.ts: do not edit.\nimport { after } from "../simd";\nimport { both, madd } from "../multiply-add";\n\n${texts}\n`,
  );
}

if (import.meta.filename === process.argv[1]) generateTiles();

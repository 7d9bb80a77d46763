// The loops of products over the depth, and how results and operands are spread over threads.
import type { Source } from "./products-sources.ts";
import { extentsOf, type Tile } from "./tiles.ts";

export const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
export const components = ["x", "y", "z", "w"] as const;
export const vectorOf = (values: readonly string[]) =>
  values.length === 1 ? values[0] : `vec4<f32>(${values.join(", ")})`;

/** The values of an operand for four steps of the depth, or one: what declares them, and the names. */
export interface Fragment {
  /** Statements before all steps. */
  readonly before: string;
  /** Statements before step q. */
  step(q: number): string;
  /** The value, by row or vector of columns, for step q. */
  at(index: number, q: number): string;
}

/**
 * The WGSL of one tile. A thread has `each[0]` rows and `each[1]` columns, the columns in vectors of four where it has
 * so many; sums are `s<row>_<vector>`. Rows and columns beyond the end read what the last ones read, and are not
 * stored.
 */
export class TileText {
  /** What stands before the entry point. */
  readonly declarations: string;
  protected readonly vector: 1 | 4;
  protected readonly rows: number[];
  protected readonly vectors: number[];
  /** Whether a thread has rows in fours that lie side by side. */
  protected readonly inFours: boolean;

  constructor(
    protected readonly operands: { readonly left: Source; readonly right: Source },
    protected readonly extents: { readonly rows: number; readonly columns: number; readonly depth: number },
    private readonly tile: Tile,
  ) {
    const { each, depth } = tile;
    this.vector = each[1] % 4 === 0 ? 4 : 1;
    this.rows = range(each[0]);
    this.vectors = range(each[1] / this.vector);
    this.inFours = operands.left.along === "outer" && each[0] % 4 === 0;
    const { height, width } = extentsOf(tile);
    const shared = (name: string, { along }: Source, outer: number) =>
      `var<workgroup> ${name}: array<vec4<f32>, ${along === "outer" ? (depth * outer) / 4 : outer * this.pitch}>;\n`;
    this.declarations =
      depth > 0 ? shared("tileA", operands.left, height) + shared("tileB", operands.right, width) : "";
  }

  sums(): string {
    const zero = this.vector === 4 ? "vec4<f32>()" : "0.0";
    return this.rows.map((i) => this.vectors.map((j) => `var s${i}_${j} = ${zero};`).join(" ")).join("\n");
  }

  /** All threads bring operands to workgroup memory, as they lie in the buffers, and read them from there. */
  loop(): string {
    const { left, right } = this.operands;
    const { depth } = this.tile;
    const { height, width } = extentsOf(this.tile);
    const a = this.loader(left, "a", "tileA", "row0", height, this.extents.rows);
    const b = this.loader(right, "b", "tileB", "column0", width, this.extents.columns);
    return `${a.before}
${b.before}
for (var k0 = kLow; k0 < kHigh; k0 += ${depth}u) {
${a.load}
${b.load}
workgroupBarrier();
for (var kk = 0u; kk < ${depth / 4}u; kk++) {
${this.multiply(4, this.leftFromTile(height), this.rightFromTile(width))}
}
workgroupBarrier();
}`;
  }

  /** Calls `finish` for all results. @param piece what it is to take as the number of the batch. */
  stores(piece: string, isFour: boolean): string {
    const count = this.rows.length * this.vectors.length;
    const all = this.rows.flatMap((i) => this.vectors.map((j) => `s${i}_${j}`)).join(", ");
    const finish = (column: string, value: string) =>
      `if (row < ${this.extents.rows}u && ${column} < ${this.extents.columns}u) { finish(${piece}, row, ${column}, ${value}); }`;
    const isSplit = this.vector === 4 && !isFour;
    // A loop, so that the text of an epilogue is there once.
    return `var sums = array<${this.vector === 4 ? "vec4<f32>" : "f32"}, ${count}>(${all});
for (var t = 0u; t < ${count}u; t++) {
let row = row0 + ${this.row(`(t / ${this.vectors.length}u)`)};
let column = column0 + ${this.column(`(t % ${this.vectors.length}u)`)};
${isSplit ? `for (var c = 0u; c < 4u; c++) { ${finish("column + c", "sums[t][c]")} }` : finish("column", "sums[t]")}
}`;
  }

  /** Vectors of a row of a shared tile along the depth; odd, so that rows begin in different banks. */
  private get pitch(): number {
    return this.tile.depth / 4 + 1;
  }

  protected row(i: string): string {
    const [, ty] = this.tile.threads;
    return this.inFours ? `((ty + (${i} >> 2u) * ${ty}u) * 4u + (${i} & 3u))` : `(ty + ${i} * ${ty}u)`;
  }

  protected column(j: string): string {
    return `((tx + ${j} * ${this.tile.threads[0]}u) * ${this.vector}u)`;
  }

  /** @param together how many elements are read from this one on. */
  protected outer(source: Source, name: string, index: string, count: number, together: number): string {
    return `let ${name}i = min(${index}, ${Math.max(count - together, 0)}u); ${source.outer(name, `${name}i`)}`;
  }

  protected multiply(steps: number, left: Fragment, right: Fragment): string {
    const add = (i: number, j: number, q: number) => {
      const a = left.at(i, q);
      return `s${i}_${j} = fma(${this.vector === 4 ? `vec4<f32>(${a})` : a}, ${right.at(j, q)}, s${i}_${j});`;
    };
    const code = range(steps).map(
      (q) => `${left.step(q)}\n${right.step(q)}
${this.rows.map((i) => this.vectors.map((j) => add(i, j, q)).join(" ")).join("\n")}`,
    );
    return `${left.before}\n${right.before}\n${code.join("\n")}`;
  }

  private leftFromTile(height: number): Fragment {
    const [, ty] = this.tile.threads;
    if (this.operands.left.along === "depth") {
      return {
        before: this.rows.map((i) => `let a${i} = tileA[${this.row(`${i}u`)} * ${this.pitch}u + kk];`).join("\n"),
        step: () => "",
        at: (i, q) => `a${i}.${components[q]}`,
      };
    }
    return {
      before: "",
      step: (q) =>
        range(this.rows.length / 4)
          .map((p) => `let a${q}_${p} = tileA[(kk * 4u + ${q}u) * ${height / 4}u + ty + ${p * ty}u];`)
          .join("\n"),
      at: (i, q) => `a${q}_${i >> 2}.${components[i % 4]}`,
    };
  }

  private rightFromTile(width: number): Fragment {
    const [tx] = this.tile.threads;
    const at = (j: number, q: number) => `b${q}_${j}`;
    if (this.operands.right.along === "depth") {
      // Column 4t + r of the tile lies in row t + r·width / 4, so that neighbouring threads read from different banks.
      const four = (j: number, r: number) =>
        `let d${j}_${r} = tileB[(tx + ${j * tx + (r * width) / 4}u) * ${this.pitch}u + kk];`;
      return {
        before: this.vectors
          .map((j) =>
            range(4)
              .map((r) => four(j, r))
              .join(" "),
          )
          .join("\n"),
        step: (q) =>
          this.vectors
            .map(
              (j) =>
                `let ${at(j, q)} = vec4<f32>(${range(4)
                  .map((r) => `d${j}_${r}.${components[q]}`)
                  .join(", ")});`,
            )
            .join("\n"),
        at,
      };
    }
    return {
      before: "",
      step: (q) =>
        this.vectors
          .map((j) => `let ${at(j, q)} = tileB[(kk * 4u + ${q}u) * ${width / 4}u + tx + ${j * tx}u];`)
          .join("\n"),
      at,
    };
  }

  /** What brings one operand to workgroup memory: each thread some vectors of four. Beyond the depth they are 0. */
  private loader(
    source: Source,
    letter: string,
    target: string,
    first: string,
    outer: number,
    count: number,
  ): { before: string; load: string } {
    const { threads, depth } = this.tile;
    const all = threads[0] * threads[1];
    const vectors = (outer * depth) / 4;
    const isAlongDepth = source.along === "depth";
    const across = isAlongDepth ? depth / 4 : outer / 4;
    const isCut = this.extents.depth % depth !== 0;
    const one = range(source.isWide ? 1 : 4);
    const slots = range(Math.ceil(vectors / all)).map((u) => {
      const [n, slot] = [`${letter}${u}`, `${letter}s${u}`];
      const [inner, line] = [`(${slot} % ${across}u)`, `(${slot} / ${across}u)`];
      // Numbers of the outer axis and of the depth, in the tile.
      const at = isAlongDepth ? line : `${inner} * 4u`;
      const k = isAlongDepth ? `${inner} * 4u` : line;
      const outers = isAlongDepth ? [0] : one;
      const depths = isAlongDepth ? one : [0];
      const together = source.isWide && !isAlongDepth ? 4 : 1;
      const before = outers.map((c) => this.outer(source, `${n}o${c}`, `${first} + ${at} + ${c}u`, count, together));
      const steps = depths.map((c) => `let ${n}i${c} = k0 + ${k} + ${c}u; ${source.depth(`${n}k${c}`, `${n}i${c}`)}`);
      const pick = (list: readonly number[], c: number) => list[c] ?? 0;
      let read: string;
      if (source.isWide) {
        read = source.four(`${n}f`, `${n}o0`, `${n}k0`);
      } else {
        const values = one.map((c) => {
          const value = source.value(`${n}o${pick(outers, c)}`, `${n}k${pick(depths, c)}`);
          return isCut && isAlongDepth ? `select(0.0, ${value}, ${n}i${c} < kHigh)` : value;
        });
        read = `let ${n}f = ${vectorOf(values)};`;
      }
      const isWholeCut = isCut && (source.isWide || !isAlongDepth);
      const value = isWholeCut ? `select(vec4<f32>(), ${n}f, ${n}i0 < kHigh)` : `${n}f`;
      const place = this.placeInTile(source, letter, outer, line, inner);
      const guard = (u + 1) * all > vectors ? `if (${slot} < ${vectors}u) ` : "";
      return {
        before: `let ${slot} = l + ${u * all}u; ${before.join(" ")}`,
        load: `${steps.join(" ")}\n${read}\n${guard}{ ${target}[${place}] = ${value}; }`,
      };
    });
    return {
      before: slots.map(({ before }) => before).join("\n"),
      load: slots.map(({ load }) => load).join("\n"),
    };
  }

  private placeInTile({ along }: Source, letter: string, outer: number, line: string, inner: string): string {
    if (along === "outer") return `${line} * ${outer / 4}u + ${inner}`;
    const row = letter === "b" ? `(${line} / 4u + (${line} % 4u) * ${outer / 4}u)` : line;
    return `${row} * ${this.pitch}u + ${inner}`;
  }
}

/** How a kind of device computes products. */
export interface ProductStyle {
  readonly tiles: readonly Tile[];
  /** Workgroups that keep every core busy. */
  readonly busyGroups: number;
  readonly Text: typeof TileText;
}

// Products on software adapters, loaded where there is one: each thread reads its operands from the buffers.
import { components, type Fragment, type ProductStyle, range, TileText, vectorOf } from "./products-loops.ts";
import type { Source } from "./products-sources.ts";
import { type Tile, tile } from "./tiles.ts";

/**
 * For SwiftShader, measured (Dawn, 2 cores; multiply-adds per CPU time at 256 × 256 × 256, operands in any order). Each
 * load is a gather with checks there, about 16 ns for four threads, and a tile in workgroup memory is half as fast, so
 * what counts is results per load. The last ones, for few rows or columns, are estimates.
 */
const softwareTiles: readonly Tile[] = [
  tile(4, 4, [8, 8], 0, 1),
  tile(4, 4, [4, 8], 0, 0.85),
  tile(4, 4, [8, 4], 0, 0.8),
  tile(8, 2, [8, 4], 0, 0.8),
  tile(4, 4, [4, 4], 0, 0.7),
  tile(16, 1, [2, 4], 0, 0.4),
  tile(16, 1, [1, 4], 0, 0.25),
  tile(1, 16, [8, 1], 0, 0.3),
  tile(1, 16, [4, 1], 0, 0.2),
];

/** As TileText, without workgroup memory. */
class RegisterTileText extends TileText {
  /** Every thread reads its operands from the buffers. */
  override loop(): string {
    const { left, right } = this.operands;
    const [rowsAtOnce, columnsAtOnce] = [
      this.inFours && left.isWide ? 4 : 1,
      this.vector / this.columnNames(right, 0).length,
    ];
    const rows = this.rows.filter((i) => i % rowsAtOnce === 0);
    const rowCode = rows.map((i) =>
      this.outer(left, `ar${i}`, `row0 + ${this.row(`${i}u`)}`, this.extents.rows, rowsAtOnce),
    );
    const columnCode = this.vectors.flatMap((j) =>
      this.columnNames(right, j).map((name, r) =>
        this.outer(right, name, `column0 + ${this.column(`${j}u`)} + ${r}u`, this.extents.columns, columnsAtOnce),
      ),
    );
    // Sources that are wide along the depth have a depth of whole fours.
    const steps = [left, right].some(({ along, isWide }) => along === "depth" && isWide) ? 4 : 1;
    const depthCode = (source: Source, letter: string) =>
      range(source.along === "depth" && source.isWide ? 1 : steps)
        .map((q) => `let ${letter}i${q} = k + ${q}u; ${source.depth(`${letter}k${q}`, `${letter}i${q}`)}`)
        .join(" ");
    return `${[...rowCode, ...columnCode].join("\n")}
for (var k = kLow; k < kHigh; k += ${steps}u) {
${depthCode(left, "a")}
${depthCode(right, "b")}
${this.multiply(steps, this.leftFromBuffer(), this.rightFromBuffer())}
}`;
  }

  /** One name for a vector of columns that is read as a whole, else one for each column. */
  private columnNames({ along, isWide }: Source, j: number): string[] {
    return range(along === "outer" && isWide && this.vector === 4 ? 1 : this.vector).map((r) => `bc${j}_${r}`);
  }

  private leftFromBuffer(): Fragment {
    const { left } = this.operands;
    if (left.isWide && left.along === "depth") {
      return {
        before: this.rows.map((i) => left.four(`a${i}`, `ar${i}`, "ak0")).join("\n"),
        step: () => "",
        at: (i, q) => `a${i}.${components[q]}`,
      };
    }
    if (left.isWide && this.inFours) {
      const fours = this.rows.filter((i) => i % 4 === 0);
      return {
        before: "",
        step: (q) => fours.map((i) => left.four(`a${q}_${i}`, `ar${i}`, `ak${q}`)).join("\n"),
        at: (i, q) => `a${q}_${i - (i % 4)}.${components[i % 4]}`,
      };
    }
    return {
      before: "",
      step: (q) => this.rows.map((i) => `let a${q}_${i} = ${left.value(`ar${i}`, `ak${q}`)};`).join("\n"),
      at: (i, q) => `a${q}_${i}`,
    };
  }

  private rightFromBuffer(): Fragment {
    const { right } = this.operands;
    const at = (j: number, q: number) => `b${q}_${j}`;
    if (right.isWide && right.along === "depth") {
      const each = this.vectors.flatMap((j) => this.columnNames(right, j));
      return {
        before: each.map((name) => right.four(`d${name}`, name, "bk0")).join("\n"),
        step: (q) =>
          this.vectors
            .map((j) => {
              const values = this.columnNames(right, j).map((name) => `d${name}.${components[q]}`);
              return `let ${at(j, q)} = ${vectorOf(values)};`;
            })
            .join(" "),
        at,
      };
    }
    const isWhole = right.isWide && this.vector === 4;
    return {
      before: "",
      step: (q) =>
        this.vectors
          .map((j) => {
            const names = this.columnNames(right, j);
            if (isWhole) return right.four(at(j, q), names[0] as string, `bk${q}`);
            return `let ${at(j, q)} = ${vectorOf(names.map((name) => right.value(name, `bk${q}`)))};`;
          })
          .join("\n"),
      at,
    };
  }
}

export const softwareProducts: ProductStyle = { tiles: softwareTiles, busyGroups: 4, Text: RegisterTileText };

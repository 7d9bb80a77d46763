// Trials of gather, scatterAdd, groupRows, setRows, copy, fill and random.
import type { DType } from "../../ir/dtype.ts";
import type { CopyInstruction, FillInstruction } from "../../ir/instructions/copy.ts";
import type { GatherInstruction, ScatterAddInstruction } from "../../ir/instructions/gather.ts";
import type { RandomInstruction } from "../../ir/instructions/random.ts";
import type { GroupRowsInstruction, SetRowsInstruction } from "../../ir/instructions/rows.ts";
import { formatShape, type Shape } from "../../ir/shape.ts";
import { type Layout, Setting, type Trial, type Trials } from "./setting.ts";

const dtypes: readonly DType[] = ["float32", "int32"];

/** [rows, width, count] of tables and indices. */
const tables: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [5, 1, 9],
  [4, 3, 7],
  [10, 33, 6],
  [3, 4, 0],
  [3, 0, 4],
  [0, 3, 4],
];

/** Trials of `gather`: indices one beyond both ends of the table too. */
export const gatherTrials: Trials<"gather"> = () =>
  dtypes.flatMap((dtype) =>
    tables.map(([rows, width, count], index): Trial<GatherInstruction> => {
      const setting = new Setting(index);
      const table = dtype === "int32" ? setting.int([rows, width]) : setting.float([rows, width]);
      const indices = setting.int([count], { min: -1, max: rows });
      return {
        label: `${count} of ${dtype} [${rows}, ${width}]`,
        instruction: {
          kind: "gather",
          rows,
          width,
          count,
          table,
          indices,
          output: setting.room([count, width], dtype),
        },
        arrays: setting.arrays,
      };
    }),
  );

/** Trials of `scatterAdd`: repeated indices and indices out of range. Small integers, so that sums are exact. */
export const scatterAddTrials: Trials<"scatterAdd"> = () =>
  tables.map(([rows, width, count], index): Trial<ScatterAddInstruction> => {
    const setting = new Setting(index);
    const updates = setting.given(
      Array.from({ length: count * width }, () => setting.pick([-2, -1, 0.5, 1, 3])),
      [count, width],
    );
    const indices = setting.int([count], { min: -1, max: rows });
    return {
      label: `${count} into [${rows}, ${width}]`,
      instruction: { kind: "scatterAdd", rows, width, count, indices, updates, output: setting.room([rows, width]) },
      arrays: setting.arrays,
    };
  });

/** Trials of `groupRows`: few and many repeated indices, and indices out of range; a list that is long, too. */
export const groupRowsTrials: Trials<"groupRows"> = () =>
  (
    [
      [1, 1],
      [5, 9],
      [40, 12],
      [3, 0],
      [0, 4],
      [700, 3000],
    ] as const
  ).map(([rows, count], index): Trial<GroupRowsInstruction> => {
    const setting = new Setting(index);
    return {
      label: `${count} of ${rows}`,
      instruction: {
        kind: "groupRows",
        rows,
        count,
        indices: setting.int([count], { min: -1, max: rows }),
        groups: setting.room([2, count], "int32"),
        places: setting.room([rows], "int32"),
      },
      arrays: setting.arrays,
    };
  });

/** Trials of `setRows`: different indices in any order, and some out of range. */
export const setRowsTrials: Trials<"setRows"> = () =>
  tables.map(([rows, width, count], index): Trial<SetRowsInstruction> => {
    const setting = new Setting(index);
    const order = Array.from({ length: count }, (_, i) => (i % 3 === 2 || i >= rows ? -1 : rows - 1 - i));
    return {
      label: `${count} of [${rows}, ${width}]`,
      instruction: {
        kind: "setRows",
        rows,
        width,
        count,
        table: setting.float([rows, width]),
        indices: setting.given(order, [count], "int32"),
        updates: setting.float([count, width]),
        output: setting.room([rows, width]),
      },
      arrays: setting.arrays,
    };
  });

/** Trials of `random`: equal bits for any seed, stream, step and count. */
export const randomTrials: Trials<"random"> = () =>
  [0, 1, 3, 4, 5, 64, 1001].flatMap((count, index) =>
    [0, 7, -1].map((stream): Trial<RandomInstruction> => {
      const setting = new Setting(index);
      const key = setting.int([4], { min: -(2 ** 31), max: 2 ** 31 - 1 });
      return {
        label: `${count} of stream ${stream}`,
        instruction: { kind: "random", stream, count, key, output: setting.room([count]) },
        arrays: setting.arrays,
      };
    }),
  );

const shapes: readonly Shape[] = [
  [],
  [1],
  [9],
  [300],
  [4, 7],
  [33, 34],
  [3, 4, 5],
  [2, 3, 4, 5],
  [2, 1, 3, 2, 4],
  [0],
  [3, 0, 2],
];

/** Trials of `copy`: any order of axes, gaps between rows, repeated axes in the input. */
export const copyTrials: Trials<"copy"> = () =>
  dtypes.flatMap((dtype) =>
    shapes.flatMap((shape, s) =>
      Array.from({ length: shape.length > 1 ? 4 : 2 }, (_, variant): Trial<CopyInstruction> => {
        const setting = new Setting(10 * s + variant);
        const [from, to] = [anyLayout(shape, setting, true), anyLayout(shape, setting, false)];
        return {
          label: `${variant}: ${dtype} ${formatShape(shape)} from strides ${formatShape(from.strides)} to ${formatShape(to.strides)}`,
          instruction: {
            kind: "copy",
            input: dtype === "int32" ? setting.int(shape, from) : setting.float(shape, from),
            output: setting.room(shape, dtype, to),
          },
          arrays: setting.arrays,
        };
      }),
    ),
  );

/** Trials of `fill`. */
export const fillTrials: Trials<"fill"> = () =>
  dtypes.flatMap((dtype) =>
    shapes.map((shape, s): Trial<FillInstruction> => {
      const setting = new Setting(s);
      const layout = anyLayout(shape, setting, false);
      return {
        label: `${dtype} ${formatShape(shape)} with strides ${formatShape(layout.strides)}`,
        instruction: { kind: "fill", value: dtype === "int32" ? -3 : 0.1, output: setting.room(shape, dtype, layout) },
        arrays: setting.arrays,
      };
    }),
  );

/** Axes in a random order, some with gaps; with `repeats`, some of stride 0. */
function anyLayout(shape: Shape, setting: Setting, repeats: boolean): Required<Layout> {
  const axes = shape.map((_, axis) => axis).reverse();
  if (setting.pick([true, false])) axes.reverse();
  if (axes.length > 2 && setting.pick([true, false])) axes.push(axes.shift() as number);
  const strides = new Array<number>(shape.length).fill(0);
  let span = 1;
  for (const axis of axes) {
    if (repeats && setting.pick([true, false, false, false])) continue;
    strides[axis] = span;
    span = span * (shape[axis] as number) + setting.pick([0, 0, 3]);
  }
  return { strides, span };
}

// Where the boxes of a graph go, and the arrows between them.

/** A box of a graph. */
export interface Box {
  readonly width: number;
  readonly height: number;
  /** Indices of the boxes that feed it, all smaller than its own. */
  readonly from: readonly number[];
}

/** A graph with a place for each box. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The middle of each box's upper edge; x is 0 in the middle of the whole. */
  readonly places: readonly { readonly x: number; readonly y: number }[];
  /** From the lower edge of a box to the upper edge of another, as data of a path. */
  readonly arrows: readonly { readonly to: number; readonly d: string }[];
}

/** Between boxes of a row, between rows, and between arrows beside each other. */
const [GAP, BETWEEN, LANE] = [16, 26, 8];

/**
 * Lays a graph out in rows by longest paths, each in the middle and in the order of what feeds it. An arrow that passes
 * rows goes around them at the nearer side, in a lane that no other takes there.
 */
export function layOut(boxes: readonly Box[]): Layout {
  const depths = depthsOf(boxes);
  const places = boxes.map(() => ({ x: 0, y: 0 }));
  const bottoms: number[] = [];
  let [half, height] = [0, 0];
  for (let row = 0; depths.includes(row); row++) {
    const wanted = boxes.map(
      ({ from }) => from.reduce((sum, source) => sum + at(places, source).x, 0) / from.length || 0,
    );
    const items = boxes.flatMap((box, index) => (depths[index] === row ? [{ ...box, index }] : []));
    items.sort((a, b) => at(wanted, a.index) - at(wanted, b.index));
    const whole = items.reduce((sum, { width }) => sum + width + GAP, -GAP);
    let left = -whole / 2;
    for (const { index, width } of items) {
      places[index] = { x: left + width / 2, y: height };
      left += width + GAP;
    }
    half = Math.max(half, whole / 2);
    bottoms.push(height + Math.max(...items.map((box) => box.height)));
    height = at(bottoms, row) + BETWEEN;
  }
  // Short arrows are inside of long ones.
  const lengthOf = ([from, to]: readonly [number, number]) => at(depths, to) - at(depths, from);
  const edges = boxes.flatMap(({ from }, to) => from.map((source) => [source, to] as const));
  const lanes: (readonly [first: number, last: number])[][] = [];
  const arrows = edges
    .sort((a, b) => lengthOf(a) - lengthOf(b))
    .map(([from, to]) => {
      const [start, end] = [at(places, from), at(places, to)];
      const [first, last] = [at(depths, from), at(depths, to)];
      const begin = `M${start.x} ${start.y + at(boxes, from).height}`;
      if (last === first + 1) return { to, d: begin + bend(start.x, at(bottoms, first), end.x) };
      let lane = lanes.findIndex((taken) => taken.every(([top, bottom]) => last <= top || first >= bottom));
      if (lane < 0) lane = lanes.push([]) - 1;
      at(lanes, lane).push([first, last]);
      const side = (half + GAP + LANE * lane) * (start.x + end.x < 0 ? -1 : 1);
      return { to, d: begin + bend(start.x, at(bottoms, first), side) + bend(side, end.y - BETWEEN, end.x) };
    });
  const beside = lanes.length > 0 ? GAP + LANE * lanes.length : 0;
  return { width: 2 * (half + beside), height: Math.max(0, height - BETWEEN), places, arrows };
}

const at = <T>(list: readonly T[], index: number): T => list[index] as T;

/** A path goes on down to y, and in the gap between two rows from one place to another. */
const bend = (from: number, y: number, to: number): string =>
  `V${y}C${[from, y + BETWEEN / 2, to, y + BETWEEN / 2, to, y + BETWEEN].join(" ")}`;

/** The longest path to each box; a box that nothing feeds is just above the first that it feeds. */
function depthsOf(boxes: readonly Box[]): number[] {
  const depths: number[] = [];
  for (const { from } of boxes) depths.push(Math.max(-1, ...from.map((source) => at(depths, source))) + 1);
  return depths.map((depth, box) => {
    const fed = depths.filter((_, to) => at(boxes, to).from.includes(box));
    return at(boxes, box).from.length === 0 && fed.length > 0 ? Math.min(...fed) - 1 : depth;
  });
}

// Where the boxes of a graph go: rows by depth, an order with few crossings, places that keep edges straight.

/** A box of a graph. */
export interface Box {
  readonly width: number;
  /** Indices of the boxes that feed it, all smaller than its own. */
  readonly from: readonly number[];
}

/** A box, or an edge where it passes a row. */
interface Item {
  readonly width: number;
  readonly box?: number;
  /** Items of the row above and of the row below that it is connected with. */
  readonly up: Item[];
  readonly down: Item[];
  /** The middle. */
  x: number;
}

/** A graph with a place for each box. */
export interface Layout {
  readonly width: number;
  /** The row of each box, and where its middle is. */
  readonly places: readonly { readonly row: number; readonly x: number }[];
  readonly rows: number;
  /** The middles of an edge in each row from that of `from` to that of `to`. */
  readonly edges: readonly { readonly from: number; readonly to: number; readonly xs: readonly number[] }[];
}

const GAP = 16;

/**
 * Lays a graph out in rows.
 * @see Sugiyama, Tagawa & Toda 1981: layers by longest paths, order by means of neighbours.
 */
export function layOut(boxes: readonly Box[]): Layout {
  const depths = depthsOf(boxes);
  const rows: Item[][] = Array.from({ length: Math.max(-1, ...depths) + 1 }, () => []);
  const items = boxes.map(({ width }, box): Item => ({ width, box, up: [], down: [], x: 0 }));
  items.forEach((item, box) => {
    rows[depths[box] as number]?.push(item);
  });
  const edges = boxes.flatMap(({ from }, to) => from.map((source) => ({ from: source, to, path: [] as Item[] })));
  for (const edge of edges) {
    let last = items[edge.from] as Item;
    edge.path.push(last);
    for (let row = (depths[edge.from] as number) + 1; row <= (depths[edge.to] as number); row++) {
      const isEnd = row === depths[edge.to];
      const next: Item = isEnd ? (items[edge.to] as Item) : { width: 10, up: [], down: [], x: 0 };
      if (!isEnd) rows[row]?.push(next);
      last.down.push(next);
      next.up.push(last);
      edge.path.push(next);
      last = next;
    }
  }
  for (let pass = 0; pass < 16; pass++)
    for (const row of pass % 2 ? rows.toReversed() : rows) placeRow(row, pass % 2 ? "down" : "up");
  const all = rows.flat();
  const low = Math.min(0, ...all.map(({ x, width }) => x - width / 2));
  const high = Math.max(0, ...all.map(({ x, width }) => x + width / 2));
  return {
    width: high - low,
    places: items.map(({ x }, box) => ({ row: depths[box] as number, x: x - low })),
    rows: rows.length,
    edges: edges.map(({ from, to, path }) => ({ from, to, xs: path.map(({ x }) => x - low) })),
  };
}

/** The longest path to each box; a box that nothing feeds is just above the first that it feeds. */
function depthsOf(boxes: readonly Box[]): number[] {
  const depths: number[] = [];
  for (const { from } of boxes) depths.push(Math.max(-1, ...from.map((source) => depths[source] as number)) + 1);
  return depths.map((depth, box) => {
    if ((boxes[box] as Box).from.length > 0) return depth;
    const fed = depths.filter((_, to) => (boxes[to] as Box).from.includes(box));
    return fed.length > 0 ? Math.min(...fed) - 1 : depth;
  });
}

/** Moves items to the mean of their neighbours on one side, in the order of these means, as far as they have room. */
function placeRow(row: Item[], side: "up" | "down"): void {
  const wanted = new Map(
    row.map((item) => {
      const { length } = item[side];
      return [item, length > 0 ? item[side].reduce((sum, { x }) => sum + x, 0) / length : item.x];
    }),
  );
  const at = (item: Item) => wanted.get(item) as number;
  row.sort((a, b) => at(a) - at(b));
  // Where each is in a row without gaps, and how far it should be from there. Pushed to the right it is as far as the
  // farthest before it, to the left as the nearest behind it. Both keep the distances, so their mean does.
  let end = 0;
  const packed = row.map(({ width }) => {
    end += width + GAP;
    return end - width / 2;
  });
  const moved = row.map((item, index) => at(item) - (packed[index] as number));
  row.forEach((item, index) => {
    const [right, left] = [Math.max(...moved.slice(0, index + 1)), Math.min(...moved.slice(index))];
    item.x = (packed[index] as number) + (right + left) / 2;
  });
}

/** One bar of a group. */
export interface Bar {
  readonly name: string;
  readonly value: number;
}

/** What is drawn: groups of bars, one bar per library. */
export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly groups: readonly { readonly label: string; readonly bars: readonly Bar[] }[];
  /** Lengths by the logarithm, for values that differ by orders of magnitude. */
  readonly isLogarithmic?: boolean;
}

const width = 860;
const left = 20;
const barHeight = 15;
const nameWidth = 80;
const room = width - left - nameWidth - 110;
const colours: Readonly<Record<string, string>> = {
  aretejs: "#0b7285",
  "tfjs-wasm": "#e8590c",
  "jax-js": "#862e9c",
  "tfjs-cpu": "#868e96",
  JAX: "#862e9c",
  PyTorch: "#e8590c",
  TensorFlow: "#e67700",
};

/** Horizontal bars as SVG. Readable on light and dark pages, since it brings its own background. */
export function chart({ title, unit, groups, isLogarithmic = false }: Chart): string {
  const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  // A logarithmic axis begins at the first power of ten below half the least value, so that the least has a length.
  const start = 10 ** Math.floor(Math.log10(least / 2));
  const length = (value: number) =>
    room * (isLogarithmic ? Math.log(value / start) / Math.log(most / start) : value / most);
  const parts = [
    text(left, 26, title, 'font-size="16" font-weight="bold"'),
    text(left, 44, `${unit}${isLogarithmic ? ", logarithmic" : ""}`, 'fill="#666"'),
  ];
  let y = 56;
  for (const { label, bars } of groups) {
    y += 14;
    parts.push(text(left, y, label, 'font-weight="bold"'));
    y += 6;
    for (const { name, value } of bars) {
      const end = Math.max(2, length(value));
      parts.push(text(left, y + 12, name, ""));
      parts.push(
        `<rect x="${left + nameWidth}" y="${y + 1}" width="${end.toFixed(1)}" height="${barHeight - 3}" fill="${colours[name] ?? "#495057"}"/>`,
      );
      parts.push(text(left + nameWidth + end + 6, y + 12, Number(value.toPrecision(3)).toLocaleString("en"), ""));
      y += barHeight;
    }
    y += 8;
  }
  const height = y + 10;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12">`;
  return [
    open,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

// Colours of charts, for light and for dark pages.

/** Which colours a chart has: those of the page's reader (`prefers-color-scheme`), or always the same. */
export type Theme = "auto" | "light" | "dark";

interface Colours {
  readonly background: string;
  readonly text: string;
  /** Text of less weight: ticks, notes. */
  readonly muted: string;
  readonly grid: string;
  /** The strongest colour of a heat map. Text is legible on it and on all that is between it and the background. */
  readonly heat: string;
  /** Of curves: from Okabe and Ito, with their lightness changed so that each contrasts with the background by 3. */
  readonly series: readonly string[];
}

/** @see Okabe & Ito 2008, Color Universal Design; WCAG 2.2, 1.4.3 and 1.4.11. */
export const THEMES: Readonly<Record<Exclude<Theme, "auto">, Colours>> = {
  light: {
    background: "#ffffff",
    text: "#1f2328",
    muted: "#59636e",
    grid: "#e3e7eb",
    heat: "#5aa9e6",
    series: ["#005aa0", "#e05a00", "#00805a", "#c56dab", "#4a2e00", "#1e96e0"],
  },
  dark: {
    background: "#16181d",
    text: "#e6edf3",
    muted: "#9aa4ae",
    grid: "#2d333b",
    heat: "#1c5f96",
    series: ["#4fa8f0", "#f08030", "#1fd79a", "#c77cc0", "#f5e663", "#d8eef5"],
  },
};

/** How many curves have colours of their own. */
export const SERIES = 6;

/** What does not depend on the theme; see {@link styles}. */
const SHAPES =
  ".c{text-anchor:middle}.r{text-anchor:end}.k{font-size:11px}.w{font-weight:600}.u{font-size:14px}" +
  ".a{fill:currentColor}.l{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round}" +
  ".d1{stroke-dasharray:5 3}.d2{stroke-dasharray:1.5 3}.d3{stroke-dasharray:5 3 1.5 3}" +
  ".f{stroke-width:1;opacity:.45}.o{stroke-width:6;stroke-linecap:round}.p{image-rendering:pixelated}";

/**
 * The style sheet of a chart. Colours: b (background), t (text), m (muted text), g (grid), h (heat), n (boxes), e
 * (edges), s0 … s5 (of curves, as `currentColor`). Text: c (centred), r (to the right), k (small), w (bold), u (large).
 * Shapes: a (filled with the colour of a curve), l (lines, with d1 to d3 for dashes, f for faint ones, o for points), p
 * (pixels). Its rules reach only charts of this theme, also where several are in one page.
 */
export const styles = (theme: Theme): string =>
  (
    SHAPES +
    rules(THEMES[theme === "auto" ? "light" : theme]) +
    (theme === "auto" ? `@media (prefers-color-scheme:dark){${rules(THEMES.dark)}}` : "")
  ).replace(/\.(?=[a-z])/g, `.arete-${theme} .`);

const rules = ({ background, text, muted, grid, heat, series }: Colours): string =>
  `.b{fill:${background}}.t{fill:${text}}.m{fill:${muted}}.h{fill:${heat}}.g{fill:none;stroke:${grid}}` +
  `.n{fill:${background};stroke:${grid}}.e{fill:none;stroke:${muted}}` +
  series.map((colour, index) => `.s${index}{color:${colour}}`).join("");

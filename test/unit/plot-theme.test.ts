import { describe, expect, it } from "vitest";
import { SERIES, styles, THEMES } from "../../src/plot/theme.ts";

type Rgb = readonly number[];

/** Linear light of a colour. */
const linear = (hex: string): Rgb =>
  [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
const dot = (a: Rgb, b: Rgb) => a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);
const luminance = (hex: string) => dot(linear(hex), [0.2126, 0.7152, 0.0722]);

/** WCAG's contrast. */
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** What people without one kind of cone see: Machado, Oliveira & Fernandes 2009, severity 1. */
const sights: Readonly<Record<string, readonly Rgb[]>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** CIELAB of linear light. */
function lab(rgb: Rgb): Rgb {
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f(dot(rgb, [0.4124564, 0.3575761, 0.1804375]) / 0.95047);
  const y = f(dot(rgb, [0.2126729, 0.7151522, 0.072175]));
  const z = f(dot(rgb, [0.0193339, 0.119192, 0.9503041]) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

describe.each(Object.entries(THEMES))("the %s theme", (_, { background, text, muted, heat, series }) => {
  it("has curves that contrast with the background by 3, and text by 4.5", () => {
    expect(series.length).toBe(SERIES);
    for (const colour of series) expect(contrast(colour, background)).toBeGreaterThanOrEqual(3);
    for (const colour of [text, muted]) expect(contrast(colour, background)).toBeGreaterThanOrEqual(4.5);
  });

  it("has text that is legible on all cells of a heat map", () => {
    const mixed = (share: number) =>
      `#${[1, 3, 5]
        .map((at) => {
          const [from, to] = [background, heat].map((hex) => Number.parseInt(hex.slice(at, at + 2), 16)) as [
            number,
            number,
          ];
          return Math.round(from + (to - from) * share)
            .toString(16)
            .padStart(2, "0");
        })
        .join("")}`;
    expect([mixed(0), mixed(1)]).toEqual([background, heat]);
    for (let share = 0; share <= 1; share += 0.05) expect(contrast(text, mixed(share))).toBeGreaterThanOrEqual(4.5);
    // Dark and light cells can be told apart.
    expect(contrast(heat, background)).toBeGreaterThan(2);
  });

  it.each(Object.entries(sights))("has curves that can be told apart with %s", (_, matrix) => {
    const seen = series.map((hex) => lab(matrix.map((row) => Math.min(1, Math.max(0, dot(row, linear(hex)))))));
    for (const [i, a] of seen.entries())
      for (const b of seen.slice(0, i))
        expect(Math.hypot(...a.map((value, axis) => value - (b[axis] as number)))).toBeGreaterThan(15);
  });
});

describe("the style sheet", () => {
  it("follows the reader's system, or has one theme", () => {
    expect(styles("auto")).toMatch(/^\.arete-auto .*@media \(prefers-color-scheme:dark\)\{\.arete-auto .*\}\}$/);
    expect(styles("dark")).toContain(`.arete-dark .b{fill:${THEMES.dark.background}}`);
    expect(styles("dark")).not.toContain("@media");
  });

  it("has no rule that reaches beyond charts of its theme", () => {
    for (const theme of ["auto", "light", "dark"] as const)
      for (const [, selector] of styles(theme).matchAll(/(?:^|[{}])([^{}@]+)\{/g))
        expect(selector).toMatch(new RegExp(`^\\.arete-${theme} \\.[a-z0-9]+$`));
  });
});

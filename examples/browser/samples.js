import { pixelsOfStrokes } from "./board.js";

/** The kinds to begin with: a name, and strokes for a sample; `w` makes each a little different. */
const kinds = [
  {
    name: "Circle",
    strokes: (w) => [
      Array.from({ length: 27 }, (_, i) => [
        140 + w + (72 - w) * Math.cos(i / 4),
        138 - w + (70 + w) * Math.sin(i / 4),
      ]),
    ],
  },
  {
    name: "Cross",
    strokes: (w) => [
      [
        [66 + w, 64 - w],
        [210 - w, 214 + w],
      ],
      [
        [212 + w, 70 + w],
        [64, 206 - w],
      ],
    ],
  },
  {
    name: "Line",
    strokes: (w) => [
      [
        [138 + 2 * w, 52],
        [142 - w, 226 + w],
      ],
    ],
  },
];

/** Names and drawings of three kinds, so that there is something to train on before anything was drawn. */
export const preloaded = () =>
  kinds.map(({ name, strokes }) => ({ name, samples: [-14, -5, 5, 14].map((w) => pixelsOfStrokes(strokes(w))) }));

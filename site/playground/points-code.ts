// Points drawn by the user, as text for an address: three bytes each (x, y, class) in URL-safe base64.

/** A point of the plane, both coordinates in [-6, 6], of class 0 or 1. */
export interface LabelledPoint {
  readonly x: number;
  readonly y: number;
  readonly label: 0 | 1;
}

/** The plane that is drawn reaches from -extent to extent in both directions. */
export const extent = 6;

/** The nearest coordinate within the plane. */
export const clamp = (value: number): number => Math.max(-extent, Math.min(extent, value));

const toByte = (value: number) => Math.round(((clamp(value) + extent) / (2 * extent)) * 255);
const fromByte = (byte: number) => (byte / 255) * 2 * extent - extent;

/** The point that is left after encoding and decoding: points are kept so, that a shared address trains alike. */
export const rounded = (x: number, y: number, label: 0 | 1): LabelledPoint => ({
  x: fromByte(toByte(x)),
  y: fromByte(toByte(y)),
  label,
});

export function encodePoints(points: readonly LabelledPoint[]): string {
  const bytes = points.flatMap(({ x, y, label }) => [toByte(x), toByte(y), label]);
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

/** Undefined where the text is no list of points. */
export function decodePoints(text: string): LabelledPoint[] | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined;
  let binary: string;
  try {
    binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return undefined;
  }
  if (binary.length % 3 !== 0) return undefined;
  const points: LabelledPoint[] = [];
  for (let i = 0; i < binary.length; i += 3) {
    const label = binary.charCodeAt(i + 2);
    if (label !== 0 && label !== 1) return undefined;
    points.push({ x: fromByte(binary.charCodeAt(i)), y: fromByte(binary.charCodeAt(i + 1)), label });
  }
  return points;
}

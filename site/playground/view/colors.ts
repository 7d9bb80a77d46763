// Colours of classes and values: orange for class 0 and below zero, blue for class 1 and above.

type Rgb = readonly [red: number, green: number, blue: number];

export interface Colors {
  readonly isDark: boolean;
  /** By byte: 0 is the first class, 255 the second; as RGBA in a canvas's byte order. */
  readonly ramp: Uint32Array;
  readonly classes: readonly [orange: string, blue: string];
  /** Around points. */
  readonly outline: string;
  readonly line: string;
  readonly text: string;
}

const css = ([red, green, blue]: Rgb) => `rgb(${red} ${green} ${blue})`;

function makeColors(isDark: boolean): Colors {
  const [orange, middle, blue]: readonly [Rgb, Rgb, Rgb] = isDark
    ? [
        [214, 110, 24],
        [32, 34, 40],
        [40, 130, 214],
      ]
    : [
        [245, 147, 34],
        [244, 245, 247],
        [40, 128, 196],
      ];
  const ramp = Uint32Array.from({ length: 256 }, (_, byte) => {
    const share = (byte - 127.5) / 127.5;
    const end = share < 0 ? orange : blue;
    // A part of the way only, so that points stand out.
    const weight = Math.abs(share) * 0.85;
    const mixed = middle.map((value, i) => Math.round(value + ((end[i] as number) - value) * weight)) as unknown as Rgb;
    return ((255 << 24) | (mixed[2] << 16) | (mixed[1] << 8) | mixed[0]) >>> 0;
  });
  return {
    isDark,
    ramp,
    classes: isDark ? ["rgb(255 159 64)", "rgb(93 176 255)"] : [css([217, 95, 2]), css([13, 100, 170])],
    outline: isDark ? "#111318" : "#ffffff",
    line: isDark ? "#9aa4b2" : "#5b6472",
    text: isDark ? "#e4e8ee" : "#1c2430",
  };
}

const [light, dark] = [makeColors(false), makeColors(true)];

/** Those of the page, which has the class `dark` on its root where it is dark. */
export const colorsNow = (): Colors => (document.documentElement.classList.contains("dark") ? dark : light);

const scratch = new Map<number, CanvasRenderingContext2D>();

/** Paints a square of bytes over the whole canvas, smoothly. */
export function paintBytes(canvas: HTMLCanvasElement, bytes: Uint8Array, { ramp }: Colors): void {
  const side = Math.sqrt(bytes.length);
  let small = scratch.get(side);
  if (!small) {
    const made = document.createElement("canvas");
    made.width = side;
    made.height = side;
    small = made.getContext("2d") as CanvasRenderingContext2D;
    scratch.set(side, small);
  }
  const image = small.createImageData(side, side);
  const pixels = new Uint32Array(image.data.buffer);
  bytes.forEach((byte, i) => {
    pixels[i] = ramp[byte] as number;
  });
  small.putImageData(image, 0, 0);
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  pen.imageSmoothingEnabled = true;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(small.canvas, 0, 0, canvas.width, canvas.height);
}

// The initializer of short-time Fourier transforms.
import { lookUp, shapeError, valueError } from "../errors.ts";
import { formatShape, type Shape } from "../ir/shape.ts";
import { checkOptions } from "../options.ts";
import { configured } from "../regularize/config.ts";
import { cosineRise } from "../tensor/portable.ts";
import type { Initializer } from "./initializers.ts";

/** Options of {@link stft}. */
export interface StftOptions {
  /** Which part of the complex numbers. Default "real". */
  side?: "real" | "imag";
  /** A weighting of the frame, by name or as one number per sample; null for none. Default "hann". */
  window?: keyof typeof windows | readonly number[] | null;
  /** Divide the window by its length (density) or by its sum (spectrum); null for neither. Default "density". */
  scaling?: "density" | "spectrum" | null;
  /** Whether a named window continues periodically, for spectra, rather than being symmetric. Default false. */
  periodic?: boolean;
}

/** General cosine windows: a + (a − 1)·cos. */
const windows = { hann: 0.5, hamming: 0.54 };

const scales = {
  density: (window: readonly number[]) => Math.sqrt(window.reduce((sum, value) => sum + value * value, 0)),
  spectrum: (window: readonly number[]) => window.reduce((sum, value) => sum + Math.abs(value), 0),
};

/**
 * The kernel of a convolution [frame, 1, frequencies] that computes a short-time Fourier transform: cos or sin of
 * −2π·t·f/(2·(frequencies − 1)), times the window. It is not known by name: `conv1d(…, { kernelInitializer:
 * initializers.stft({ side: "imag" }) })`.
 * @throws ValueError on an unknown name; ShapeError on another shape of the kernel or a window of another length.
 * @see Keras 3 `initializers.STFT` (of whose windows the two most used are here).
 */
export function stft(given: StftOptions = {}): Initializer {
  const options = checkOptions("stft", given, {
    side: "string",
    window: "string or list or null",
    scaling: "string or null",
    periodic: "boolean",
  });
  const { side = "real", window = "hann", scaling = "density", periodic = false } = options;
  const part = lookUp("stft", "side", { real: cosPi, imag: (u: number) => -cosPi(u - 0.5) }, side);
  const scaleOf = scaling === null ? () => 1 : lookUp("stft", "scaling", scales, scaling);
  const weight = typeof window === "string" ? lookUp("stft", "window", windows, window) : undefined;
  return configured("stft", { ...options }, (shape: Shape) => {
    const [frame = 0, channels, frequencies = 0] = shape;
    if (shape.length !== 3 || channels !== 1 || frequencies < 2) {
      throw shapeError("stft", {
        rule: "is for kernels of one channel",
        expected: "[frame, 1, frequencies ≥ 2]",
        received: formatShape(shape),
      });
    }
    const values = weight === undefined ? (window as readonly number[] | null) : cosineWindow(frame, weight, periodic);
    if (values && values.length !== frame) {
      throw valueError("stft", {
        rule: "the window has a value per sample of the frame",
        expected: frame,
        received: values.length,
      });
    }
    const scale = values ? scaleOf(values) : 1;
    return Float32Array.from({ length: frame * frequencies }, (_, i) => {
      const [time, frequency] = [Math.floor(i / frequencies), i % frequencies];
      return (part((time * frequency) / (frequencies - 1)) * (values?.[time] ?? 1)) / scale;
    });
  });
}

/** cos πu, equal on every engine. */
function cosPi(u: number): number {
  const rest = Math.abs(u) % 2;
  return 1 - 2 * cosineRise(rest > 1 ? 2 - rest : rest);
}

function cosineWindow(length: number, a: number, periodic: boolean): number[] {
  const last = periodic ? length : length - 1;
  return Array.from({ length }, (_, t) => (length === 1 ? 1 : a + (a - 1) * cosPi((2 * t) / last)));
}

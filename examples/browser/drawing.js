/** Pixels of a side of what the network sees. */
export const side = 20;

/**
 * Lets the user draw on a canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {() => void} onStroke after each stroke.
 */
export function drawing(canvas, onStroke) {
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const small = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
  Object.assign(pen, { lineWidth: 18, lineCap: "round", lineJoin: "round", strokeStyle: "#222" });
  /** @type {{ x: number, y: number } | undefined} */
  let last;
  const placeOf = (event) => ({ x: event.offsetX, y: event.offsetY });
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = placeOf(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const next = placeOf(event);
    pen.beginPath();
    pen.moveTo(last.x, last.y);
    pen.lineTo(next.x, next.y);
    pen.stroke();
    last = next;
  });
  canvas.addEventListener("pointerup", () => {
    last = undefined;
    onStroke();
  });
  return {
    clear: () => pen.clearRect(0, 0, canvas.width, canvas.height),
    /** The drawing as the network sees it: [side · side] values from 0 (blank) to 1. */
    pixels() {
      small.clearRect(0, 0, side, side);
      small.drawImage(canvas, 0, 0, side, side);
      const { data } = small.getImageData(0, 0, side, side);
      return Float32Array.from({ length: side * side }, (_, i) => data[4 * i + 3] / 255);
    },
  };
}

/** Pixels of a side of what the network sees. */
export const side = 20;
/** Pixels of a side of the canvas that is drawn on, however large it is shown. */
const size = 280;

const penStyle = { lineWidth: 18, lineCap: "round", lineJoin: "round", strokeStyle: "#222" };
const small = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });

/** A drawing as the network sees it: [side · side] values from 0 (blank) to 1. */
function pixelsOf(canvas) {
  small.clearRect(0, 0, side, side);
  small.drawImage(canvas, 0, 0, side, side);
  const { data } = small.getImageData(0, 0, side, side);
  return Float32Array.from({ length: side * side }, (_, i) => data[4 * i + 3] / 255);
}

/**
 * The pixels of strokes, as if they had been drawn.
 * @param {readonly (readonly (readonly [x: number, y: number])[])[]} strokes lists of points, 0 to 280.
 */
export function pixelsOfStrokes(strokes) {
  const pen = new OffscreenCanvas(size, size).getContext("2d");
  Object.assign(pen, penStyle);
  for (const stroke of strokes) {
    pen.beginPath();
    for (const [x, y] of stroke) pen.lineTo(x, y);
    pen.stroke();
  }
  return pixelsOf(pen.canvas);
}

/** Shows pixels on a small canvas of `side` pixels. */
export function showPixels(canvas, pixels) {
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(side, side);
  pixels.forEach((value, i) => {
    image.data.set([34, 34, 34, 255 * value], 4 * i);
  });
  pen.putImageData(image, 0, 0);
}

/**
 * Lets the user draw on a canvas, by mouse, pen or finger.
 * @param {HTMLCanvasElement} canvas
 * @param {() => void} onStroke after each stroke.
 */
export function drawingBoard(canvas, onStroke) {
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  Object.assign(pen, penStyle);
  let isBlank = true;
  /** @type {{ x: number, y: number } | undefined} */
  let last;
  const placeOf = ({ offsetX, offsetY }) => {
    const scale = size / canvas.clientWidth;
    return { x: offsetX * scale, y: offsetY * scale };
  };
  const lineTo = (next) => {
    pen.beginPath();
    pen.moveTo(last.x, last.y);
    pen.lineTo(next.x, next.y);
    pen.stroke();
    last = next;
    isBlank = false;
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = placeOf(event);
    // A tap makes a dot.
    lineTo(last);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last) lineTo(placeOf(event));
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (!last) return;
      last = undefined;
      onStroke();
    });
  }
  return {
    clear: () => {
      pen.clearRect(0, 0, size, size);
      isBlank = true;
    },
    isBlank: () => isBlank,
    pixels: () => pixelsOf(canvas),
  };
}

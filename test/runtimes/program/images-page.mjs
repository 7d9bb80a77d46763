// Pictures that a page has, as arrays: canvases, ImageData, ImageBitmap, <img>, <video>, VideoFrame. Posts what did not hold.

const [width, height] = [4, 3];
/** Opaque pixels, all different. */
const bytes = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 37) % 256));

/** Frames of a canvas as a video that plays. */
async function playing(canvas) {
  const video = document.createElement("video");
  video.muted = true;
  video.srcObject = canvas.captureStream(10);
  await video.play();
  return video;
}

async function run() {
  const { imagesFrom } = await import("./node_modules/aretejs/dist/data-entry.js");
  const faults = [];
  const pixels = new ImageData(bytes, width, height);
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  const offscreen = new OffscreenCanvas(width, height);
  offscreen.getContext("2d").putImageData(pixels, 0, 0);
  const image = new Image();
  image.src = canvas.toDataURL("image/png");
  await image.decode();
  // A canvas without a 2d drawing is drawn itself.
  const shown = Object.assign(document.createElement("canvas"), { width, height });
  shown.getContext("bitmaprenderer").transferFromImageBitmap(await createImageBitmap(canvas));
  const sources = {
    ImageData: pixels,
    canvas,
    OffscreenCanvas: offscreen,
    ImageBitmap: await createImageBitmap(canvas),
    "<img>": image,
    "a canvas of bitmaps": shown,
    VideoFrame: new VideoFrame(canvas, { timestamp: 0 }),
  };
  const wanted = [...imagesFrom({ data: bytes, width, height }).data];
  if (wanted.length !== width * height * 3 || wanted[0] !== bytes[0] || wanted[3] !== bytes[4])
    faults.push(`pixels ${wanted}`);
  const compare = (name, { data, shape }, tolerance = 1) => {
    const worst = Math.max(...wanted.map((value, at) => Math.abs(value - data[at])));
    if (String(shape) !== "1,3,4,3" || !(worst <= tolerance)) faults.push(`${name}: shape ${shape}, off by ${worst}`);
  };
  for (const [name, source] of Object.entries(sources)) compare(name, imagesFrom(source));
  const all = imagesFrom(Object.values(sources), { channels: "grayscale", size: [2, 2], scale: 1 / 255 });
  if (String(all.shape) !== "7,2,2,1" || !all.data.every((value) => value >= 0 && value <= 1))
    faults.push(`all of them: ${all.shape}, ${all.data}`);
  const large = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
  const context = large.getContext("2d");
  context.fillStyle = "rgb(200, 100, 50)";
  context.fillRect(0, 0, 64, 48);
  const video = await playing(large);
  const frame = imagesFrom(video);
  const middle = [...frame.data.slice(24 * 64 * 3 + 96, 24 * 64 * 3 + 99)];
  // Videos halve the resolution of colours.
  if (String(frame.shape) !== "1,48,64,3" || [200, 100, 50].some((value, at) => Math.abs(value - middle[at]) > 12))
    faults.push(`<video>: shape ${frame.shape}, ${middle}`);
  const refused = (name, make, pattern) => {
    try {
      make();
      faults.push(`${name}: no error`);
    } catch (error) {
      if (!pattern.test(error.message)) faults.push(`${name}: ${error.message}`);
    }
  };
  refused("an <img> that has not loaded", () => imagesFrom(new Image()), /has no pixels yet.*image\.decode/);
  sources.VideoFrame.close();
  refused("a closed VideoFrame", () => imagesFrom(sources.VideoFrame), /no pixels yet|imagesFrom/);
  refused("a Blob", () => imagesFrom(new Blob([])), /imagesFrom: takes images/);
  const blank = imagesFrom(new OffscreenCanvas(2, 2));
  if (String(blank.shape) !== "1,2,2,3") faults.push(`a canvas that was not drawn on: ${blank.shape}`);
  return { faults };
}

const result = await run().catch((error) => ({ error: String(error?.stack ?? error) }));
await fetch("./result", { method: "POST", body: JSON.stringify(result) });

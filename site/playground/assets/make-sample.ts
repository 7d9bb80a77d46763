/**
 * Makes fashion.png, a picture of four of the images, and fashion.idx.gz: 800 training images of Fashion-MNIST (Zalando, MIT licence), 80 of each class in turn, so that
 * the label of image i is i mod 10. Sixteen shades of grey: half the bytes, and the eye sees no difference.
 *
 *     npx tsx site/playground/assets/make-sample.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { crc32, deflateSync, gunzipSync, gzipSync } from "node:zlib";

const folder = process.argv[2] ?? "/usr/share/datasets/fashion-mnist";
const [count, classes, size, header] = [800, 10, 28 * 28, 16];
const images = gunzipSync(readFileSync(`${folder}/train-images-idx3-ubyte.gz`)).subarray(header);
const labels = gunzipSync(readFileSync(`${folder}/train-labels-idx1-ubyte.gz`)).subarray(8);

const file = Buffer.alloc(header + count * size);
[0x803, count, 28, 28].forEach((value, index) => {
  file.writeUInt32BE(value, 4 * index);
});
const taken = new Array<number>(classes).fill(0);
labels.forEach((label, image) => {
  const place = (taken[label] ?? 0) * classes + label;
  if (place >= count) return;
  taken[label] = (taken[label] ?? 0) + 1;
  for (let i = 0; i < size; i++)
    file[header + place * size + i] = 17 * Math.round((images[image * size + i] ?? 0) / 17);
});
const packed = gzipSync(file, { level: 9 });
writeFileSync(new URL("fashion.idx.gz", import.meta.url), packed);
console.log(`${packed.length} bytes`);

/** Four garments in two rows, dark on white: ankle boot, T-shirt, bag, trouser. */
const shown = [9, 0, 28, 1];
const [side, stride] = [56, 57];
const pixels = Buffer.alloc(side * stride);
shown.forEach((place, index) => {
  for (let i = 0; i < size; i++) {
    const row = Math.floor(index / 2) * 28 + Math.floor(i / 28);
    pixels[row * stride + 1 + (index % 2) * 28 + (i % 28)] = 255 - (file[header + place * size + i] ?? 0);
  }
});
/** A part of a PNG file: its length, name, contents and checksum. */
function chunk(name: string, contents: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name), contents]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(contents.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
const head = Buffer.from([0, 0, 0, side, 0, 0, 0, side, 8, 0, 0, 0, 0]);
writeFileSync(
  new URL("fashion.png", import.meta.url),
  Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(pixels, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]),
);

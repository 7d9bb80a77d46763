// Folders of images in Node, Deno and Bun: prints what did not hold.
import { mkdir, writeFile } from "node:fs/promises";
import { imageFolder } from "aretejs/data";

const faults = [];
const expect = (holds, what) => holds || faults.push(what);
const root = `images-of-${process.pid}`;

/** A picture of 3 × 2 pixels as a file that begins with its extents. */
const file = (value) => Uint8Array.of(3, 2, ...Array.from({ length: 18 }, (_, i) => (value + i) % 256));
const decode = ([width, height, ...data]) => ({ data: Uint8Array.from(data), width, height });

const files = { "katze/a.raw": 10, "katze/größe/b.raw": 20, "hund/c.RAW": 30, "hund/d.raw": 40, "hund/notes.txt": 0 };
for (const [path, value] of Object.entries(files)) {
  await mkdir(`${root}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
  await writeFile(`${root}/${path}`, file(value));
}

const options = { decode, size: [2, 3], extensions: ["raw"], batchSize: 3 };
const found = await imageFolder(root, { ...options, shuffle: false });
expect(String(found.classNames) === "hund,katze", `classes ${found.classNames}`);
expect(String([...found.labels]) === "0,0,1,1", `labels ${[...found.labels]}`);
expect(found.dataset.size === 2, `${found.dataset.size} batches`);
const batches = [];
for await (const { x, y } of found.dataset) batches.push({ shape: x.shape, first: [...x.data.slice(0, 3)], y: [...y] });
const wanted = [
  { shape: [3, 2, 3, 3], first: [30, 31, 32], y: [0, 0, 1] },
  { shape: [1, 2, 3, 3], first: [20, 21, 22], y: [1] },
];
expect(JSON.stringify(batches) === JSON.stringify(wanted), `batches ${JSON.stringify(batches)}`);

const drawn = await imageFolder(root, { ...options, batchSize: 4, seed: 2, size: [1, 1], scale: 1 / 255 });
const order = async (epoch) => {
  for await (const { x, y } of drawn.dataset.epoch(epoch)) return `${x.shape} ${[...y]} ${x.data[0] <= 1}`;
};
const orders = await Promise.all([0, 0, 1, 2, 3, 4].map(order));
expect(orders[0] === orders[1] && new Set(orders).size > 1, `orders ${orders}`);
expect(
  orders.every((text) => /^4,1,1,3 .* true$/.test(text)),
  `scaled images ${orders}`,
);

const missing = await imageFolder(`${root}/nothing`, options).then(String, String);
expect(/ENOENT|NotFound|no such/i.test(missing), `a folder that is not there: ${missing}`);
const broken = await imageFolder(root, { ...options, decode: () => Promise.reject(new Error("no picture")) });
const error = await broken.dataset[Symbol.asyncIterator]().next().then(String, String);
expect(/a file cannot be decoded.*no picture.*\.raw/i.test(error), `a broken file: ${error}`);
console.log(JSON.stringify(faults));

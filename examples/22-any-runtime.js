/**
 * One script for Node, Deno and Bun, unchanged: trains a network, saves it, loads it again and predicts with it.
 *
 *     node 22-any-runtime.js
 *     deno run --allow-read --allow-write 22-any-runtime.js
 *     bun 22-any-runtime.js
 *
 * Each prints the same, because the same seed gives the same weights, to the bit:
 *
 *     accuracy 0.9933
 *     weights 1243e067a82fb8a5
 *     [0.5, 0.1] is of arm 0: 89.1 %
 */
import { adam, dense, sequential } from "aretejs";
import { loadModel, saveModel } from "aretejs/io";

// 300 points on three arms of a spiral: x [300, 2], labels y [300].
const turn = (i) => (i % 100) / 25 + Math.floor(i / 100) * 2.1;
const x = Array.from({ length: 300 }, (_, i) => {
  const radius = (i % 100) / 100;
  return [radius * Math.sin(turn(i)), radius * Math.cos(turn(i))];
});
const y = Int32Array.from({ length: 300 }, (_, i) => Math.floor(i / 100));

const hidden = { activation: "relu", kernelInitializer: "heNormal" };
const model = sequential([dense(32, hidden), dense(32, hidden), dense(3, { activation: "softmax" })], { seed: 1 });
model.compile({ optimizer: adam(0.01), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
await model.fit(x, y, { epochs: 60, verbose: 0 });
const { accuracy } = await model.evaluate(x, y);
console.log(`accuracy ${accuracy.toFixed(4)}`);

await saveModel(model, "spiral.keras");
const loaded = await loadModel("spiral.keras");
const weights = await loaded.getWeights();
const bytes = weights.flatMap(({ data }) => [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes)));
console.log(`weights ${Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("")}`);

const [shares] = await (await loaded.predict([[0.5, 0.1]])).array();
console.log(`[0.5, 0.1] is of arm ${shares.indexOf(Math.max(...shares))}: ${(100 * Math.max(...shares)).toFixed(1)} %`);

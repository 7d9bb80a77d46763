// Runs exported models of all kinds of layers in onnxruntime-node. Writes the files to a directory, whose name it is
// given, for check-onnx.py.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { compareAll, type OrtArray } from "./compare-onnx.ts";

const directory = process.argv[2] ?? "build/onnx";
mkdirSync(directory, { recursive: true });
const failures = await compareAll(
  "onnxruntime-node",
  async (bytes, inputs) => {
    const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
    const feeds = inputs.map(({ data, dims }, i) => [session.inputNames[i] as string, new Tensor(data, dims)] as const);
    const results = await session.run(Object.fromEntries(feeds));
    return session.outputNames.map((name) => results[name] as unknown as OrtArray);
  },
  (name, bytes) => writeFileSync(join(directory, `${name}.onnx`), bytes),
);
process.exitCode = failures === 0 ? 0 : 1;

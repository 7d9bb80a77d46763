/**
 * Writes the trained network, cut off, as a `.keras` file: for the Worker, which takes it from KV.
 *
 *     npx tsx examples/transfer/write-body.ts body.keras
 */
import { saveModel } from "aretejs/io";
import { loadBody } from "./body.ts";

await saveModel(await loadBody(), process.argv[2] ?? "body.keras");

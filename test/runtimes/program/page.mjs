// A page: imports the package as it was installed, without a bundler, trains with the threads asked for, and posts what
// came out.
import { firstStep, train } from "./train.mjs";

async function run() {
  const load = () => import("./node_modules/aretejs/dist/index.js");
  const time = await firstStep(load);
  const aretejs = await load();
  const threads = Number(new URL(location.href).searchParams.get("threads"));
  return { ...time, ...(await train(aretejs, await aretejs.wasm({ threads }))), isolated: crossOriginIsolated };
}

const result = await run().catch((error) => ({ error: String(error) }));
await fetch("./result", { method: "POST", body: JSON.stringify(result) });
document.title = "done";

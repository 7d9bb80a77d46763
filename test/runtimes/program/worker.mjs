// A handler that trains on what the request brings and answers with the metrics.
import * as aretejs from "aretejs";
import { train } from "./train.mjs";

export default {
  async fetch(request) {
    return Response.json(await train(aretejs, await aretejs.wasm({ threads: 2 }), await request.arrayBuffer()).catch((error) => ({ error: String(error) })));
  },
};

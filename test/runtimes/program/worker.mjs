// A handler that trains on what the request brings and answers with the metrics.
import * as aretejs from "aretejs";
import { train } from "./train.mjs";

const answer = async (request) => train(aretejs, await aretejs.wasm(), await request.arrayBuffer());

export default {
  async fetch(request) {
    return Response.json(await answer(request).catch((error) => ({ error: String(error) })));
  },
};

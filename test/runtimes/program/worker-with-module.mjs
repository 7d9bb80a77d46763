// A handler that hands the kernels over by itself, for bundlers that do not know the condition "workerd".
import * as aretejs from "aretejs";
import module from "aretejs/core.wasm";
import rest from "aretejs/rest.wasm";
import { train } from "./train.mjs";

export default {
  async fetch(request) {
    return Response.json(await train(aretejs, await aretejs.wasm({ module, rest }), await request.arrayBuffer()));
  },
};

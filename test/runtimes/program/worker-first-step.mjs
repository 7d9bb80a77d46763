// A handler that imports the package only when asked to, so that the time from there to the end of a step can be
// measured from outside.
import { firstStep } from "./train.mjs";

export default {
  async fetch(request) {
    if (new URL(request.url).pathname === "/nothing") return Response.json({});
    return Response.json(await firstStep(() => import("aretejs")));
  },
};

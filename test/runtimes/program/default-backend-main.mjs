// Which backend is taken where none is named, and that it trains.
import * as aretejs from "aretejs";
import { firstStep } from "./train.mjs";

const { loss } = await firstStep(() => import("aretejs"));
console.log(JSON.stringify({ name: (await aretejs.defaultBackend()).name, loss }));

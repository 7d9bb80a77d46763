// The class that all functions of `aretejs/plot` give, without what is in its file besides.
export { Plot } from "./plot.ts";

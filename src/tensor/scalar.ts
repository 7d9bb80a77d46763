// All elementwise functions: for tests and for the generation of kernels. The library imports the files of `scalar/`
// by themselves, so that bundles hold the functions that are used.
export * from "./scalar/activations.ts";
export * from "./scalar/arithmetic.ts";
export type { Arguments, Params, ScalarFunction } from "./scalar/function.ts";
export * from "./scalar/functions.ts";
export * from "./scalar/remainder.ts";
export * from "./scalar/trigonometry.ts";

/** All scalar primitives, for the fused kernels of the rest module. */
export * from "./primitives";
export { exp, expm1, log, log1p, tanh } from "./simd";
export { cos, erf, erfinv, pow, sin } from "./special";

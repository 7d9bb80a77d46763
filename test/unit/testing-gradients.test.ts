import { describe, expect, it } from "vitest";
import { gradients } from "../../src/tensor/autodiff.ts";
import { defineOp, record } from "../../src/tensor/op.ts";
import { abs, gather, log, matmul, mul, scalar, softmax, square, squareOp, sum, tanh, tensor } from "../../src/tensor/ops/index.ts";

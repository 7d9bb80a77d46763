// Bits of the WebGPU specification. Browsers have them as globals, programs that load Dawn in Node need not.

/** GPUBufferUsage. */
export const usage = {
  mapRead: 0x1,
  copySource: 0x4,
  copyTarget: 0x8,
  uniform: 0x40,
  storage: 0x80,
  query: 0x200,
} as const;

/** GPUMapMode.READ. */
export const mapForReading = 0x1;

/** GPUShaderStage.COMPUTE. */
export const computeStage = 0x4;

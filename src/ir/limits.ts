/** What a backend can do, as far as the compiler must know: see `compile`. */
export interface Limits {
  /** Most nodes of a map's expression. Default 48. */
  readonly mapNodes: number;
  /** Most views that a map reads. Default 12. */
  readonly mapInputs: number;
  /**
   * Most views that a map reads and writes; those of a product count where the map is its epilogue. For backends that
   * bind each view as a buffer of its own. At least 5, so that every single op fits. Default any number.
   */
  readonly operands: number;
  /** Whether a map may write a variable that it reads, element by element. Default true. */
  readonly inPlace: boolean;
  /** Most bytes of one buffer. Default any number. */
  readonly bufferBytes: number;
}

/** Those of the backends of this package, and of one that says nothing. */
export const defaultLimits: Limits = {
  mapNodes: 48,
  mapInputs: 12,
  operands: Number.POSITIVE_INFINITY,
  inPlace: true,
  bufferBytes: Number.POSITIVE_INFINITY,
};

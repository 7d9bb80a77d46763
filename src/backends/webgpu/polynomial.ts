// Polynomials in WGSL.

/** WGSL of a polynomial by Horner's rule, coefficients from the highest power on. */
export const poly = (x: string, first: string, ...rest: string[]): string =>
  rest.reduce((sum, coefficient) => `(${sum} * ${x} + ${coefficient})`, first);

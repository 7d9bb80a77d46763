// What reads the parts of HDF5 that Keras's files of weights do not have; loaded when a file has them.
export { attributeReader, readDataspace } from "./attributes.ts";
export { readDatatype } from "./datatype-rest.ts";
export { readLayout } from "./layout.ts";
export { addressesAt, readHeader, readLinks } from "./newer.ts";

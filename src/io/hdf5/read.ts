// Reads the part of HDF5 that h5py uses, attributes too.
import { type Hdf5Group, open } from "./open.ts";
import * as rest from "./rest.ts";

/**
 * Opens an HDF5 file: reads all groups, attributes and descriptions of datasets. Their numbers are read later, by
 * {@link Hdf5Dataset.read}, from the same bytes.
 *
 * Supported is what h5py writes by default, and the most usual of `libver="latest"`: superblocks 0 to 3; datasets in
 * one piece, compact or in chunks, with gzip, shuffle and fletcher32; little-endian integers and floats of IEEE 754,
 * truth values, strings. Time and memory are bounded by the file's size; unpacked data by 100 times that size.
 * @param name what is read, for messages.
 * @throws FileError on a damaged file, and on what is not supported, by its name.
 */
export const openHdf5 = (bytes: Uint8Array, name = "hdf5"): Hdf5Group => open(bytes, name, rest);

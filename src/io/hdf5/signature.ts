// How HDF5 files begin, and what names their members have.
import { sameBytes } from "../binary.ts";

export const signature = /* @__PURE__ */ Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);

/** Whether bytes begin as an HDF5 file. */
export const isHdf5 = (bytes: Uint8Array): boolean => sameBytes(bytes.subarray(0, 8), signature);

/** Whether a group may have a member of a name. */
export const isMemberName = (name: string): boolean => !/^\.{0,2}$|[/\0]/.test(name);

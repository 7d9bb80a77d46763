// Layers that work on the host (part of `aretejs/data`).
export type { AdaptColumns, AdaptOptions, ColumnInput, HostColumn } from "./columns.ts";
export type { IndexMode } from "./encode-indices.ts";
export { Hashing, type HashingOptions, hashing } from "./hashing.ts";
export { HostLayer } from "./host-layer.ts";
export { integerLookup, Lookup, type LookupOptions, stringLookup } from "./lookup.ts";
export {
  TextVectorization,
  type TextVectorizationOptions,
  textVectorization,
} from "./text-vectorization.ts";
export type { Splitting, Standardization } from "./tokenize.ts";
export type { Token } from "./vocabulary.ts";

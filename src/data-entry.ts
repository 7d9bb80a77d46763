// `aretejs/data`: tables, texts, images and time series, and the layers that work on the host.
export { type BinBoundariesOptions, binBoundaries } from "./data/bin-boundaries.ts";
export {
  type ClassScores,
  type ConfusionMatrixOptions,
  classScores,
  confusionMatrix,
} from "./data/confusion-matrix.ts";
export { type FormatCsvOptions, formatCsv } from "./data/format-csv.ts";
export { type ImageDataset, type ImageFolder, type ImageFolderOptions, imageFolder } from "./data/image-folder.ts";
export { type Channels, type ImageSource, type ImagesOptions, imagesFrom, type RawImage } from "./data/images-from.ts";
export { type ReadCsvOptions, readCsv } from "./data/read-csv.ts";
export type { TextSource } from "./data/read-text.ts";
export { type PadSequencesOptions, padSequences, type SequenceEnd, toCategorical } from "./data/sequences.ts";
export { type SplitOptions, type SplitPart, trainTestSplit } from "./data/split.ts";
export { type ColumnKind, type ColumnValues, type Filling, Table, type TableRow, table } from "./data/table.ts";
export type { HostText, TextInput } from "./data/text.ts";
export { type TimeseriesBatch, type TimeseriesOptions, timeseriesDataset } from "./data/timeseries.ts";
export * from "./nn/layers/host/index.ts";

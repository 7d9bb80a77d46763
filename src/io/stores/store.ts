// What files are read from and written to.

/** Bytes in the forms in which the platform's functions give them. */
export type Readable =
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | Response
  | {
      /** Gives the bytes, as those of a Response or a Blob. */
      arrayBuffer(): Promise<ArrayBuffer>;
    }
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/**
 * Keeps files by their names: a wrapper of a few lines around whatever keeps bytes. Where there is just one file, the
 * names can be ignored.
 * @example // Workers KV, one model
 * const store = { read: () => env.MODELS.get("digits", "arrayBuffer"), write: (bytes) => env.MODELS.put("digits",
 * bytes) };
 * await saveModel(model, store);
 * @example // R2, many models
 * const store = {
 *   read: async (name) => (await env.BUCKET.get(name))?.arrayBuffer(),
 *   write: (bytes, name) => env.BUCKET.put(name, bytes),
 *   list: async () => (await env.BUCKET.list()).objects.map(({ key }) => key),
 *   remove: (name) => env.BUCKET.delete(name),
 * };
 * await saveModel(model, { store, name: "digits.keras" });
 */
export interface Store {
  /** The bytes of a file; null or undefined where there is no file of this name. */
  read(name: string): Promise<Readable | null | undefined> | Readable | null | undefined;
  /** Writes a file as a whole, in place of one of the same name. */
  write(bytes: Uint8Array<ArrayBuffer>, name: string): unknown;
  /** The names of all files. */
  list?(): Promise<Iterable<string>> | Iterable<string> | AsyncIterable<string>;
  /** Removes a file. */
  remove?(name: string): unknown;
}

/** A file of the File System Access API, as `showSaveFilePicker` gives it. */
export interface FileHandle {
  readonly kind: "file";
  readonly name: string;
  getFile(): Promise<Blob>;
  createWritable?(): Promise<{
    write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
    close(): Promise<void>;
    abort(): Promise<void>;
  }>;
  // `remove` is not in all browsers, nor in TypeScript's types.
}

/** A directory of the File System Access API, as `showDirectoryPicker` and `navigator.storage.getDirectory` give it. */
export interface DirectoryHandle {
  readonly kind: "directory";
  readonly name: string;
  getFileHandle(name: string, options?: { create?: boolean }): Promise<FileHandle>;
  getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<DirectoryHandle>;
  removeEntry(name: string): Promise<void>;
}

/** A file of a store or of a directory. */
export interface StoredFile<S = Store | DirectoryHandle> {
  readonly store: S;
  readonly name: string;
}

/**
 * Where a file is written to:
 * - a path (Node, Deno, Bun), or a `file:` URL;
 * - `indexeddb://name`, `opfs://name` (the origin's private file system; both in browsers), `download://name` (the
 *   browser saves it as a download);
 * - a file handle of the File System Access API;
 * - a {@link Store} or its `write` alone, with a name or without;
 * - a `WritableStream`, which is closed when the file is written.
 *
 * Files, IndexedDB and handles are replaced as a whole: when writing is interrupted, the old file is still there.
 * @example // An upload
 * await saveModel(model, { write: (bytes) => fetch("/models/digits", { method: "PUT", body: bytes }) });
 * @example // The answer to a request
 * const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
 * void saveModel(model, writable);
 * return new Response(readable);
 */
export type Target =
  | string
  | URL
  | FileHandle
  | WritableStream<Uint8Array<ArrayBuffer>>
  | Store
  | Pick<Store, "write">
  | StoredFile<Store | Pick<Store, "write"> | DirectoryHandle>;

/**
 * What a file is read from: what it can be written to but a download or a `WritableStream`, bytes in any form of the
 * platform (`Uint8Array`, `ArrayBuffer`, `Blob`, `Response`, a stream), or a URL that `fetch` can get. In browsers a
 * path is relative to the page.
 */
export type Source =
  | string
  | URL
  | FileHandle
  | Store
  | Pick<Store, "read">
  | StoredFile<Store | Pick<Store, "read"> | DirectoryHandle>
  | Readable;

/** Options of reading a file. */
export interface ReadOptions {
  /** Called with the bytes read so far, and how many there are in all where that is known. */
  onProgress?: (done: number, total: number | undefined) => void;
  /** A larger file is refused. Default 4 GiB. */
  maxBytes?: number;
}

/** Options of writing a file. */
export interface WriteOptions {
  /** Called with the bytes written so far, and how many there are in all. */
  onProgress?: (done: number, total: number) => void;
}

// Files in IndexedDB, for `indexeddb://name`.
import { join } from "../binary.ts";
import { fileError } from "../file-error.ts";
import type { Place } from "./internal.ts";

const DATABASE = "aretejs";
const FILES = "files";

/** A transaction replaces a file as a whole or not at all. */
export const indexedDbPlace: Place = {
  async read(name) {
    const from = await transact("readonly", (files) => files.get(name));
    return from === undefined ? undefined : { from };
  },
  async write(name, parts, onBytes) {
    const bytes = join(parts);
    await transact("readwrite", (files) => files.put(bytes, name));
    onBytes(bytes.length);
  },
  list: async () => (await transact("readonly", (files) => files.getAllKeys())).map(String),
  async remove(name) {
    if ((await transact("readonly", (files) => files.count(name))) === 0)
      throw fileError(name, { rule: "there is no such file", expected: "a file", received: "none" });
    await transact("readwrite", (files) => files.delete(name));
  },
};

/** Runs one request in a transaction of its own, and gives its result once the transaction is complete. */
async function transact<T>(mode: IDBTransactionMode, ask: (files: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  if (typeof indexedDB === "undefined")
    throw fileError("indexeddb", { rule: "this runtime has no IndexedDB", expected: "a browser", received: "none" });
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(FILES);
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  try {
    // Strict: handed to the disk before it counts as complete.
    const transaction = database.transaction(FILES, mode, { durability: "strict" });
    const request = ask(transaction.objectStore(FILES));
    return await new Promise<T>((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

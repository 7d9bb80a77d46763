import { valueError } from "../errors.ts";
import type { Program } from "../ir/program.ts";
import type { Storage, StorageSpec } from "./backend.ts";

/**
 * The storages of a program's variables, as the backend has them.
 * @param owner the backend's name, for messages.
 * @param own a storage as one of the backend's; throws where it is not, or was freed.
 * @throws ValueError where there is not one for each variable, of its size and dtype.
 */
export function bindStorages<Own extends Storage>(
  owner: string,
  { variables, buffers }: Program,
  storages: readonly Storage[],
  own: (storage: Storage) => Own,
): Own[] {
  if (storages.length !== variables.length) {
    throw valueError(owner, {
      rule: "one storage per variable",
      expected: `${variables.length} storages`,
      received: storages.length,
    });
  }
  return variables.map((buffer, index) => {
    const storage = own(storages[index] as Storage);
    const spec = buffers[buffer] as StorageSpec & { name?: string };
    if (storage.size === spec.size && storage.dtype === spec.dtype) return storage;
    throw valueError(owner, {
      rule: "a storage must fit its variable",
      expected: `${spec.size} of ${spec.dtype}`,
      received: `${storage.size} of ${storage.dtype}`,
      context: `variable "${spec.name ?? index}"`,
    });
  });
}

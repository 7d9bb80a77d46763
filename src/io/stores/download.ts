// Files that the browser saves as downloads, for `download://name`.
import { fileError } from "../file-error.ts";
import type { Place } from "./internal.ts";

/** Can only be written to. */
export const downloadPlace: Place = {
  read: async (name) => {
    throw fileError("download", { rule: "a download cannot be read", expected: "another source", received: name });
  },
  async write(name, parts, onBytes) {
    if (typeof document === "undefined")
      throw fileError("download", { rule: "a download needs a page", expected: "a browser's page", received: "none" });
    const blob = new Blob(parts as Uint8Array<ArrayBuffer>[], { type: "application/octet-stream" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    // The browser has begun to read by then.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    onBytes(blob.size);
  },
};
